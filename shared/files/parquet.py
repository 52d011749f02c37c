"""Reads Parquet files: their columns as they are declared there, their rows group by group."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from shared.files.errors import FileUnreadable
from shared.files.rows import Chunk

_ROWS = 65_536
_DECIMAL = re.compile(r"decimal128\((\d+), (\d+)\)")
_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]")
_PLAIN = {str(kind): kind for kind in (
    pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.float32(), pa.float64(), pa.string(), pa.binary(), pa.date32(), pa.time32("ms"), pa.time64("us"),
)}  # fmt: skip


def columns_of(source: BinaryIO) -> tuple[tuple[str, pa.DataType], ...]:
    """Give names and types of a file's columns. Raises FileUnreadable, also for types that do not land."""
    with _opened(source) as parquet:
        return tuple((field.name, _lands(field)) for field in parquet.schema_arrow)


def read_parquet(source: BinaryIO, names: Sequence[str]) -> Iterator[Chunk]:
    """Give the rows with these columns in bounded memory. Raises FileUnreadable."""
    with _opened(source) as parquet:
        kinds = [_lands(parquet.schema_arrow.field(name)) for name in names]
        schema = pa.schema(list(zip(names, kinds, strict=True)))
        first = 1
        for batch in parquet.iter_batches(_ROWS, columns=list(names), use_threads=False):
            rows = batch.select(list(names)).cast(schema)
            lines = pa.array(range(first, first + rows.num_rows), pa.int64())
            first += rows.num_rows
            yield Chunk(rows=rows, lines=lines, raw=lambda _number: b"")


def parquet_type(lands: str) -> pa.DataType:
    """Give the type that Arrow writes as such a text. Raises FileUnreadable."""
    if match := _DECIMAL.fullmatch(lands):
        return pa.decimal128(int(match[1]), int(match[2]))
    if match := _TIMESTAMP.fullmatch(lands):
        return pa.timestamp(match[1], match[2])  # type: ignore[arg-type]
    if lands in _PLAIN:
        return _PLAIN[lands]
    raise FileUnreadable(f"a column of type {lands} does not land; exclude it")


def _lands(field: pa.Field) -> pa.DataType:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind):
        kind = pa.string()
    if pa.types.is_large_binary(kind):
        kind = pa.binary()
    try:
        return parquet_type(str(kind))
    except FileUnreadable as error:
        raise FileUnreadable(f"column {field.name}: {error}") from error


@contextmanager
def _opened(source: BinaryIO) -> Generator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(source) as parquet:
            yield parquet
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(f"it is no sound Parquet file: {error}") from error
