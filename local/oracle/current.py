"""Finds a table's current state among its landed row images, by the rules of the bronze contract."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from local.oracle.bronze import Bronze, Run

_STAMPS = pa.schema(
    {
        "_op": pa.string(),
        "_run_no": pa.int64(),
        "_read_at": pa.timestamp("us", "UTC"),
        "_run_id": pa.string(),
    }
)
BRONZE_COLUMNS = frozenset({*_STAMPS.names, "_loaded_at"})
_OPERATIONS = pa.array(["upsert", "delete", "snapshot"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Parquet file of a run. A file that does not count was replaced by a later snapshot."""

    path: Path
    run: Run
    schema: pa.Schema
    rows: int
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The rows that count, as positions in the rows of `parts` read one after the other.

    `keys` are their key columns in the same order; `doubled` are the keys of which one image (same
    `_run_no`, same `_read_at`) was published more than once.
    """

    parts: tuple[Part, ...]
    at: pa.ChunkedArray
    keys: pa.Table
    doubled: pa.Table
    faults: tuple[str, ...]

    def column(self, name: str, kind: pa.DataType) -> pa.ChunkedArray:
        """Read one column of the rows that count; a file from before it was added gives NULL."""
        chunks: list[pa.Array] = []
        for part in self.parts:
            if part.counts and name in part.schema.names:
                chunks += pq.ParquetFile(part.path).read(columns=[name])[name].chunks
            else:
                chunks.append(pa.nulls(part.rows, kind))
        return pa.chunked_array(chunks, kind).take(self.at)


def list_parts(bronze: Bronze) -> tuple[Part, ...]:
    """Open every file of every run for its schema and its number of rows."""
    return tuple(_part(bronze, run, path) for run in bronze.runs for path in run.files)


def find_current(parts: tuple[Part, ...], key: pa.Schema) -> Current:
    """Read keys and stamps of all files and pick the last image of each key.

    A key whose last image is a delete, or older than the last snapshot, is not there any more.
    """
    faults: list[str] = []
    images = _read_images(parts, key, faults)
    order = pc.sort_indices(images, sort_keys=[("_run_no", "ascending"), ("_read_at", "ascending")])
    # Numbered in the order of their images, so that the highest number is a key's last.
    ranked = images.select(key.names).take(order).append_column("_rank", count_up(len(order)))
    last = ranked.group_by(key.names).aggregate([("_rank", "max")])["_rank_max"]
    at = pa.chunked_array([order]).take(last)
    at = at.filter(images["_there"].take(at))
    return Current(
        parts=parts,
        at=at,
        keys=images.select(key.names).take(at),
        doubled=find_doubled(images.select([*key.names, "_run_no", "_read_at"])).select(key.names),
        faults=tuple(faults),
    )


def find_doubled(rows: pa.Table) -> pa.Table:
    """Give each row that is there more than once."""
    counted = rows.group_by(rows.column_names).aggregate([([], "count_all")])
    return counted.filter(pc.greater(counted["count_all"], 1)).select(rows.column_names)


def count_up(rows: int) -> pa.Array:
    """Number rows from 0."""
    return pa.arange(0, rows)


def _part(bronze: Bronze, run: Run, path: Path) -> Part:
    file = pq.ParquetFile(path)
    return Part(
        path=path,
        run=run,
        schema=file.schema_arrow,
        rows=file.metadata.num_rows,
        counts=run.run_no >= bronze.last_snapshot,
    )


def _read_images(parts: Iterable[Part], key: pa.Schema, faults: list[str]) -> pa.Table:
    empty = _reduced(pa.schema([*key, *_STAMPS]).empty_table(), counts=True)
    tables = [empty]
    for part in parts:
        images = pq.ParquetFile(part.path).read(columns=[*key.names, *_STAMPS.names])
        images = images.select([*key.names, *_STAMPS.names]).cast(pa.schema([*key, *_STAMPS]))
        _check_stamps(part, images, faults)
        tables.append(_reduced(images, counts=part.counts))
    return pa.concat_tables(tables)


def _reduced(images: pa.Table, *, counts: bool) -> pa.Table:
    """Replace what is not needed any more by whether the image says that its row is there."""
    there = pc.and_(pc.not_equal(images["_op"], "delete"), counts)
    return images.drop_columns(["_op", "_run_id"]).append_column("_there", there)


def _check_stamps(part: Part, images: pa.Table, faults: list[str]) -> None:
    """See that every row is of the run in whose folder it lies, and says what it is."""
    place = f"{part.path.parent.name}/{part.path.name}"
    for column, said in (("_run_no", part.run.run_no), ("_run_id", part.run.run_id)):
        same = pc.sum(pc.equal(images[column], said)).as_py() or 0
        if same != images.num_rows:
            faults.append(f"{place}: {images.num_rows - same} rows have another {column} than said")
    known = pc.sum(pc.is_in(images["_op"], _OPERATIONS)).as_py() or 0
    if known != images.num_rows:
        faults.append(f"{place}: {images.num_rows - known} rows have an unknown _op")
