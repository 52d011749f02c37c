"""A source of files: puts files into the landing zone, loads its table, and looks at what lies in the lake."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from azure.storage.filedatalake import DataLakeServiceClient
from faults_by_hand import Load

from shared.adapters.azure.arrivals import AzureArrivals
from shared.loading.plan import PlanReference
from shared.operations.dead_letters import DeadLetter, LetterQuery
from shared.runtime.wiring import App
from web.api.blob_events import take_in_blobs, take_up_file

TABLE = "files.orders"


@dataclass(slots=True, kw_only=True)
class Shop:
    """One source of files with one table."""

    app: App
    service: DataLakeServiceClient
    tables: Path
    name: str
    loads: int = 0
    events: ClassVar[LetterQuery] = LetterQuery(kind="event")

    @property
    def table(self) -> str:
        return f"{self.name}/{TABLE}"

    def declare(self, *, key: list[str] | None = None, **files: Any) -> None:
        """Write the table file. Files that were only just written are taken as well."""
        keys = ("on_drift", "columns_section", "settle")
        extra = {key: files.pop(key) for key in keys if key in files}
        if "columns_section" in extra:
            extra["columns"] = extra.pop("columns_section")
        table: dict[str, Any] = {
            "table": TABLE,
            "key": key or ["id"],
            "watermark": {"kind": "none"},
            "settle": "0s",
            "files": {"path": "orders/*", "format": "csv", **files},
            **extra,
        }
        source = {"name": self.name, "kind": "files", "location": f"landing/{self.name}"}
        text = yaml.safe_dump({"source": source, "tables": [table]}, sort_keys=False)
        (self.tables / f"{self.name}.yml").write_text(text)

    def put(self, name: str, content: bytes | str) -> str:
        """Write a file into the landing zone; give its path."""
        raw = content.encode() if isinstance(content, str) else content
        self.app.lake.make_folder(f"landing/{self.name}/orders")
        path = f"{self.name}/orders/{name}"
        client = self.service.get_file_client("landing", path)
        if raw:
            client.upload_data(raw, overwrite=True)
        else:
            client.create_file()
        return f"landing/{path}"

    def delete(self, name: str) -> None:
        self.service.get_file_client("landing", f"{self.name}/orders/{name}").delete_file()

    def begin(self, **order: Any) -> Load:
        """Begin a load."""
        self.loads += 1
        # Asked for anew, or there would be nothing to serve.
        self.app.states.change_turn(
            self.table, lambda turn: replace(turn, requested=turn.requested + 1)
        )
        load = Load.of(self.table, self.app, f"{self.loads:06x}")
        load.order = replace(load.order, **order)
        return load

    def load(self, **order: Any) -> dict[str, Any] | None:
        """Load the table; give the manifest of the run, None if it found nothing."""
        load = self.begin(**order).up_to("plan_load")
        try:
            load.finish()
        except AssertionError:
            plan: PlanReference = load.plan
            assert plan.slices == 0
            self.app.states.change_turn(self.table, lambda turn: replace(turn, holder=None))
            return None
        landed = self.app.ledger.run(load.order.run_id)
        assert landed is not None
        return self.manifest(load.order.run_id)

    def letters(self) -> tuple[DeadLetter, ...]:
        """The dead letters of files."""
        return self.app.letters.log.letters(LetterQuery(kind="file")).items

    def replay(self, letter: DeadLetter) -> None:
        """Take a letter up again, and forget the order that is asked for: the test loads by hand."""
        self.app.letters.replay(letter.id, lambda found: take_up_file(self.app, found))
        self.app.states.change_turn(self.table, lambda turn: replace(turn, waiting=None))

    def tell(self, body: dict[str, Any]) -> None:
        """Deliver an event."""
        take_in_blobs(self.app, [json.dumps(body)])
        self.app.states.change_turn(self.table, lambda turn: replace(turn, waiting=None))

    def manifest(self, run_id: str, layer: str = "bronze") -> dict[str, Any]:
        path = f"{layer}/{self.name}/{TABLE}/run_id={run_id}/_manifest.json"
        if not self.app.lake.exists(path):
            return {}
        return dict(json.loads(self.app.lake.read(path)))

    def fates(self) -> dict[str, str]:
        """What became of every version that is done with, by its ETag."""
        found = AzureArrivals(cast("Any", self.app.arrivals)._rows)._records(self.table)
        return {each.etag: each.fate for record in found for each in record.settled}

    def rows(self, layer: str = "bronze") -> list[dict[str, Any]]:
        """All rows that lie in the lake of the table, by file and line."""
        tables = [
            pq.read_table(io.BytesIO(self.app.lake.read(path))) for path in self._files(layer)
        ]
        rows: list[dict[str, Any]] = [row for each in tables for row in _rows(each)]
        return sorted(rows, key=lambda row: (row["_modified"], row["_file"], row["_line"]))

    def values(self, *names: str) -> list[tuple[Any, ...]]:
        """Some columns of all rows in bronze."""
        return [tuple(row[name] for name in names) for row in self.rows()]

    def _files(self, layer: str) -> Iterator[str]:
        for entry in self.app.lake.list(f"{layer}/{self.name}"):
            if entry.path.endswith(".parquet"):
                yield entry.path


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    return [dict(row) for row in table.to_pylist()]


def name_of(row: Mapping[str, Any]) -> str:
    """Give the bare name of the file that a row is from."""
    return str(row["_file"]).rsplit("/", 1)[1]
