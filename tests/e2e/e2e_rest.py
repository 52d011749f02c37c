"""A REST source of a test: an interface on this machine, its key, and the file that tells Tidemark of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.rest_api import Asked, RestApi

REST_SETTING = "TIDEMARK_E2E_REST_KEY"
REST_KEY = "PlantedRestKey-7f3a"
STAMPED = {"column": "updated_at", "kind": "timestamp"}


@dataclass
class RestSource:
    """An interface that wants its key in the query, where it is the hardest to hide."""

    name: str
    api: RestApi
    tables: Path

    def __post_init__(self) -> None:
        self.api.admits = lambda asked: asked.query.get("api_key") == REST_KEY

    @property
    def table(self) -> str:
        return f"{self.name}/api.items"

    @property
    def target(self) -> str:
        return f"bronze/{self.name}/api.items"

    @property
    def file(self) -> Path:
        return self.tables / f"{self.name}.yml"

    def declare(self, rest: dict[str, Any], **keys: Any) -> str:
        """Write the file; gives the table's full name."""
        table = {
            "table": "api.items",
            "key": ["id"],
            "watermark": STAMPED,
            "settle": "1s",
            "rest": {
                "records": "data.items",
                "incremental": {"param": "since", "until": "until"},
                **rest,
            },
            **keys,
        }
        if table["watermark"]["kind"] == "none":
            del table["rest"]["incremental"]
        source = {
            "name": self.name,
            "kind": "rest",
            "base_url": self.api.url,
            "auth": {"api_key": {"query": "api_key", "value": f"${{{REST_SETTING}}}"}},
            "max_connections": 2,
        }
        self.file.write_text(json.dumps({"source": source, "tables": [table]}, indent=1))
        return self.table

    def records(self) -> dict[Any, dict[str, Any]]:
        return dict(self.api.collection.records)

    def asked_since(self, number: int) -> list[Asked]:
        return [asked for asked in self.api.asked if asked.number > number]
