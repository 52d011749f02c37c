"""The columns of a table of files: its own, and the four that say where a row stands."""

# Arrow's stubs lag behind its functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from shared.catalog import TableSpec
from shared.extraction.batches import SOURCE_TYPE
from shared.files.errors import FileDrifted
from shared.loading.plan import PlannedColumn
from shared.loading.versions import FileVersion

PLACE: tuple[tuple[str, pa.DataType], ...] = (
    ("_file", pa.string()),
    ("_modified", pa.timestamp("us", "UTC")),
    ("_sequencer", pa.string()),
    ("_line", pa.int64()),
)
PLACE_NAMES = tuple(name for name, _ in PLACE)
# What undeclared fields of a JSON record become, as JSON text; NULL where there are none.
REST = "_rest"


def planned(
    name: str, declared: str, lands: pa.DataType, *, nullable: bool = True
) -> PlannedColumn:
    """Describe a column as a plan does."""
    return PlannedColumn(name=name, source_type=declared, lands=str(lands), nullable=nullable)


def place_columns() -> tuple[PlannedColumn, ...]:
    """Give the columns that say where a row stands."""
    return tuple(planned(name, "place", kind, nullable=False) for name, kind in PLACE)


def own_columns(columns: Sequence[PlannedColumn]) -> tuple[PlannedColumn, ...]:
    """Give the columns that the files themselves have."""
    return tuple(column for column in columns if column.name not in PLACE_NAMES)


def schema_of(columns: Sequence[PlannedColumn], kinds: Sequence[pa.DataType]) -> pa.Schema:
    """Give the schema of rows with a plan's own columns and those of their place."""
    own = [
        pa.field(column.name, kind, metadata={SOURCE_TYPE: column.source_type.encode()})
        for column, kind in zip(own_columns(columns), kinds, strict=True)
    ]
    place = [pa.field(name, kind, metadata={SOURCE_TYPE: b"place"}) for name, kind in PLACE]
    return pa.schema([*own, *place])


def with_place(
    arrays: Sequence[pa.Array], lines: pa.Array, schema: pa.Schema, version: FileVersion
) -> pa.RecordBatch:
    """Give rows with the columns of their place behind their own."""
    modified = pa.scalar(version.modified, pa.string()).cast(pa.timestamp("us", "UTC"))
    constants = (pa.scalar(version.path), modified, pa.scalar(version.sequencer))
    place = [pa.repeat(value, len(lines)) for value in constants]
    return pa.RecordBatch.from_arrays([*arrays, *place, lines], schema=schema)


def check_types(found: Sequence[tuple[str, pa.DataType]], wanted: Sequence[PlannedColumn]) -> None:
    """Stop at a file with a column of another type than the plan has. Raises FileDrifted."""
    lands = {column.name: column.lands for column in wanted}
    told = [
        f"column {name} is {kind}, not {lands[name]}"
        for name, kind in found
        if name in lands and lands[name] != str(kind)
    ]
    if told:
        raise FileDrifted("; ".join(told))


def check_names(spec: TableSpec, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Stop at a file that has other columns than the plan, those that are excluded aside.

    Raises:
        FileDrifted: names every column that is missing or new.
    """
    excluded = spec.excluded(found)
    missing = [name for name in wanted if name not in found]
    added = [name for name in found if name not in wanted and name not in excluded]
    told = [f"column {name} is missing" for name in missing]
    told += [f"column {name} is new" for name in added]
    if told:
        raise FileDrifted("; ".join(told))
