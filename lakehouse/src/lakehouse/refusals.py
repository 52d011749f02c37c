"""What no table is given: types and names that need a newer reader, options that engines take differently, keys twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, Row

from lakehouse.errors import (
    ColumnsUnknown,
    KeysRepeated,
    NameRefused,
    OptionRefused,
    TypeRefused,
    TypesDiffer,
)
from lakehouse.kinds import quoted

# With these every reader of Delta understands a table: reader version 1, as Synapse needs it.
PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.columnMapping.mode": "none",
    "delta.checkpointPolicy": "classic",
}
# Delta keeps these in names only with column mapping, which readers of version 1 do not know.
_REFUSED_IN_NAMES = set(" ,;{}()\n\t=")
# Spark has no Delta type for these, or a reader of version 1 does not know them.
_REFUSED_TYPES = re.compile(r"\b(timestamp_ntz|time|void|variant|interval|uint\d+)\b")


def check_types(columns: Mapping[str, str]) -> None:
    """Refuse a column whose type a reader of version 1 does not know. Raises TypeRefused."""
    for name, kind in columns.items():
        if _REFUSED_TYPES.search(kind.lower()):
            raise TypeRefused(f"Column {name} has the type {kind}")


def check_names(columns: Mapping[str, str]) -> None:
    """Refuse names that need column mapping, and two that are one to Spark. Raises NameRefused."""
    spellings: dict[str, str] = {}
    for name in columns:
        if _REFUSED_IN_NAMES & set(name):
            raise NameRefused(f"Column {name!r} has a blank or one of ,;{{}}()= in its name")
        if spellings.setdefault(name.lower(), name) != name:
            raise NameRefused(f"Columns {spellings[name.lower()]} and {name} are one to Spark")


def check_alike(table: str, given: Mapping[str, str], there: Mapping[str, str]) -> None:
    """Refuse columns that a table lacks (ColumnsUnknown) or has with other types (TypesDiffer)."""
    unknown = sorted(set(given) - set(there))
    if unknown:
        raise ColumnsUnknown(f"{table} has no column {', '.join(unknown)}")
    differing = sorted(name for name, kind in given.items() if kind != there[name])
    if differing:
        raise TypesDiffer(f"{table} has other types for {', '.join(differing)}")


def check_options(options: Mapping[str, str], *, allowed: set[str]) -> None:
    """Refuse options of a writer that are not `allowed`. Raises OptionRefused."""
    refused = sorted(set(options) - allowed)
    if refused:
        raise OptionRefused(f"{', '.join(refused)} would be ignored, or replace more than is meant")


def check_unique(rows: DataFrame, on: Sequence[str]) -> None:
    """Refuse rows of which two have one key. Raises KeysRepeated."""
    found = repeated(rows, on)
    if found:
        values = ", ".join(f"{name}={found[0][name]!r}" for name in on)
        raise KeysRepeated(f"{found[0]['count']} rows have {values}")


def repeated(rows: DataFrame, on: Sequence[str]) -> list[Row]:
    """Give a key that more than one row has, with its `count`; none if there is no such key."""
    keys = [quoted(name) for name in on]
    return rows.groupBy(*keys).count().where("count > 1").limit(1).collect()
