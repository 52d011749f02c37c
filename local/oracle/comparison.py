"""Compares a source table with the current state of its copy in the lake, key by key and value by value."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from local.oracle.bronze import survey
from local.oracle.current import (
    BRONZE_COLUMNS,
    Current,
    Part,
    count_up,
    find_current,
    find_doubled,
    list_parts,
)
from local.oracle.source import read_source
from shared.catalog import TableSpec

MOST_EXAMPLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """How many rows, and the keys of the first of them, their columns parted by a space."""

    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between a source table and its copy.

    `missing` rows are at the source only, `extra` ones in the lake only, `different` ones have other
    values in `columns`. `published_twice` names keys of which one image was landed more than once.
    `faults` says what is wrong with manifests, files and types. `landed_rows`, `files` and `bytes`
    count all that was ever published; `lake_rows` is the current state.
    """

    table: str
    source_rows: int
    lake_rows: int
    missing: Keys
    extra: Keys
    different: Keys
    columns: tuple[str, ...]
    published_twice: Keys
    faults: tuple[str, ...]
    runs: int
    landed_rows: int
    files: int
    bytes: int

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong but, perhaps, values of rows that both sides have."""
        wrong = self.missing.count + self.extra.count + self.published_twice.count
        return wrong == 0 and not self.faults

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same rows, each published once and as the manifests say."""
        return self.sound and self.different.count == 0


def compare(uri: str, table: TableSpec, lake: Path, *, examples: int = MOST_EXAMPLES) -> Comparison:
    """Compare a table of the PostgreSQL source at `uri` with its target below the folder `lake`.

    At most `examples` keys are named of each kind of difference.

    The source is spooled to a temporary file and the values are compared one column after the
    other, so memory holds keys and two columns of all rows, never whole rows.

    Raises:
        NotComparable: the table is not of a kind that can be compared; nothing is said of it.
    """
    bronze = survey(lake / table.target)
    parts = list_parts(bronze)
    with TemporaryDirectory(prefix="oracle-") as scratch:
        spool = Path(scratch) / "source.arrow"
        source = read_source(uri, table, decimals=_decimals(parts), spool=spool)
        key = pa.schema([source.schema.field(name) for name in table.key])
        current = find_current(parts, key)
        pairs = _pair(source.select(key.names), current.keys)
        different, columns, faults = _compare_values(source, current, pairs)
        faults += _foreign_columns(table, source.schema, parts)
        at_source_twice = find_doubled(source.select(key.names)).num_rows
        if at_source_twice:
            faults += (f"{at_source_twice} keys are there more than once at the source",)
        return Comparison(
            table=table.name,
            source_rows=source.num_rows,
            lake_rows=current.keys.num_rows,
            missing=_keys(pairs.filter(pairs["_lake"].is_null()), key.names, examples),
            extra=_keys(pairs.filter(pairs["_source"].is_null()), key.names, examples),
            different=_keys(different, key.names, examples),
            columns=columns,
            published_twice=_keys(current.doubled, key.names, examples),
            faults=(*bronze.faults, *current.faults, *faults),
            runs=len(bronze.runs),
            landed_rows=bronze.rows,
            files=bronze.files,
            bytes=bronze.bytes,
        )


def _decimals(parts: Sequence[Part]) -> dict[str, pa.DataType]:
    """Give the types of the columns that landed as decimals. Where files differ, that is a fault."""
    return {
        field.name: field.type
        for part in parts
        if part.counts
        for field in part.schema
        if pa.types.is_decimal(field.type)
    }


def _pair(source: pa.Table, lake: pa.Table) -> pa.Table:
    """Join both sides' keys; `_source` and `_lake` are the rows' positions, NULL where there is none."""
    left = source.append_column("_source", count_up(source.num_rows))
    right = lake.append_column("_lake", count_up(lake.num_rows))
    return left.join(right, keys=source.column_names, join_type="full outer")


def _compare_values(
    source: pa.Table, current: Current, pairs: pa.Table
) -> tuple[pa.Table, tuple[str, ...], tuple[str, ...]]:
    """Give the pairs with different values, the columns they differ in, and columns that do not fit."""
    both = pairs.filter(pc.and_(pairs["_source"].is_valid(), pairs["_lake"].is_valid()))
    differs = pa.chunked_array([pa.repeat(pa.scalar(value=False), both.num_rows)])
    columns: list[str] = []
    faults: list[str] = []
    for field in source.schema:
        kinds = {
            part.schema.field(field.name).type
            for part in current.parts
            if part.counts and field.name in part.schema.names
        }
        if kinds - {field.type}:
            landed = ", ".join(sorted(str(kind) for kind in kinds))
            faults.append(
                f"column {field.name} is {field.type} at the source, {landed} in the lake"
            )
            continue
        ours = source[field.name].take(both["_source"])
        theirs = current.column(field.name, field.type).take(both["_lake"])
        unlike = _unlike(ours, theirs)
        if pc.any(unlike).as_py():
            columns.append(field.name)
            differs = pc.or_(differs, unlike)
    return both.filter(differs), tuple(columns), tuple(faults)


def _foreign_columns(table: TableSpec, schema: pa.Schema, parts: Sequence[Part]) -> tuple[str, ...]:
    landed = {name for part in parts if part.counts for name in part.schema.names}
    foreign = landed - BRONZE_COLUMNS - set(schema.names) - table.excluded(sorted(landed))
    return tuple(f"column {name} is in the lake, but not at the source" for name in sorted(foreign))


def _unlike(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> pa.ChunkedArray | pa.BooleanArray:
    """Mark where two columns differ. NULL equals NULL and nothing else; floats are compared by bits."""
    equal = pc.fill_null(pc.equal(_bits(ours), _bits(theirs)), False)  # noqa: FBT003 - a value
    both_null = pc.and_(ours.is_null(), theirs.is_null())
    return pc.invert(pc.or_(equal, both_null))


def _bits(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give floats as integers, so that NaN equals itself and 0.0 is not -0.0."""
    if not pa.types.is_floating(column.type):
        return column
    whole = {32: pa.int32(), 64: pa.int64()}[column.type.bit_width]
    return pa.chunked_array([chunk.view(whole) for chunk in column.chunks], whole)


def _keys(rows: pa.Table, key: Sequence[str], most: int) -> Keys:
    first = rows.select(list(key)).slice(0, most).to_pylist()
    examples = sorted(" ".join(str(value) for value in row.values()) for row in first)
    return Keys(count=rows.num_rows, examples=tuple(examples))
