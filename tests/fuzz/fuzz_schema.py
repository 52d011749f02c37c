"""The API's own description, made stricter or narrower for the tests."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

SOURCE = "fuzz"
TABLES = {
    "item": {"column": "updated_at", "kind": "timestamp"},
    "counted": {"column": "id", "kind": "integer"},
    "whole": {"kind": "none"},
}
NAMES = [f"{SOURCE}/{SOURCE}.{name}" for name in TABLES]
IDS = {"orders": "THE-ORDER", "backfills": "THE-BACKFILL", "runs": "THE-RUN"}


def closed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Allow no field in an answer that is not described."""
    found = deepcopy(dict(document))
    _close(found["components"]["schemas"])
    # The stack of the tests asks for no keys.
    found["security"] = []
    return found


def narrowed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Ask only for what there is, so that requests get past the first look at them.

    Ids are known only once the stack runs: the names in `IDS` stand for them.
    """
    found = closed(document)
    for path, item in found["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _choice(path, parameter)
    for name, schema in found["components"]["schemas"].items():
        if name.endswith("Request"):
            _choose_tables(schema.get("properties", {}))
    return found


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)


def _choice(path: str, parameter: Mapping[str, Any]) -> Any:
    places = {
        ("path", "source"): [SOURCE],
        ("path", "table"): [name.partition("/")[2] for name in NAMES],
        ("path", "id"): [IDS[kind]] if (kind := path.split("/")[2]) in IDS else None,
        ("query", "table"): NAMES,
        ("query", "source"): [SOURCE],
    }
    chosen = places.get((parameter["in"], parameter["name"]))
    return parameter["schema"] if chosen is None else {"type": "string", "enum": chosen}


def _choose_tables(fields: dict[str, Any]) -> None:
    if "table" in fields:
        fields["table"] = {"enum": NAMES}
    if "tables" in fields:
        fields["tables"]["items"] = {"enum": NAMES}
        fields["source"] = {"enum": [SOURCE, None]}
