"""Writes the rows of a slice into Parquet files of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from shared.landing import paths
from shared.landing.cursor_column import Range, cursor_column
from shared.landing.lake import Lake
from shared.landing.parquet import ParquetStream
from shared.loading.plan import LoadPlan, Slice
from shared.loading.receipt import LandedFile

# A file is closed at this many bytes, so that no reader has to swallow a table in one piece.
FILE_BYTES = 512 * 1024 * 1024


def write_files(
    lake: Lake,
    plan: LoadPlan,
    part: Slice,
    folder: str,
    *,
    rows: Iterator[pa.RecordBatch],
    schema: pa.Schema,
) -> tuple[LandedFile, ...]:
    """Write files into an execution's folder; no file at all where there is no row."""
    files: list[LandedFile] = []
    batch = next(rows, None)
    while batch is not None:
        name = paths.part_name(part.number, len(files))
        path = f"{folder}/{name}"
        column, seen = cursor_column(plan), Range()
        with lake.create(path) as sink:
            stream = ParquetStream(sink, schema)
            while batch is not None and sink.tell() < FILE_BYTES:
                stream.write(batch)
                if column is not None:
                    column.widen(seen, batch)
                batch = next(rows, None)
            stream.close()
            size = sink.tell()
        files.append(
            LandedFile(
                path=path,
                name=name,
                rows=stream.rows,
                bytes=size,
                cursor_min=column.text(seen.low) if column else None,
                cursor_max=column.text(seen.high) if column else None,
            )
        )
    return tuple(files)
