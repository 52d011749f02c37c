"""Brings the batches of a file into the types of the comparison."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from cli.migration.lake.errors import NotComparable
from cli.migration.lake.images import OPERATION, READ_AT, RUN_NO, Part, Side

# What is added to the compared columns: the order of the images, and whether one leaves a row.
FIRST, SECOND, THERE = "_first", "_second", "_there"
_BATCH_ROWS = 65_536


def read_images(part: Part, side: Side, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give a file's rows with the wanted columns, NULL where it lacks one, and their order.

    Raises:
        NotComparable: a value does not fit the type of the comparison.
    """
    columns = [name for name in part.schema.names if name in wanted.names]
    own = [OPERATION, RUN_NO, READ_AT] if side == "new" else []
    file = part.open()
    for batch in file.iter_batches(_BATCH_ROWS, columns=[*columns, *own]):
        arrays = [_column(part, batch, field) for field in wanted]
        arrays += _order(part, batch) if side == "old" else _stamps(batch)
        yield pa.record_batch(arrays, schema=with_order(wanted))


def with_order(wanted: pa.Schema) -> pa.Schema:
    """Give the schema of images: the wanted columns, their order, and whether they leave a row."""
    own = {FIRST: pa.int64(), SECOND: pa.int64(), THERE: pa.bool_()}
    return pa.schema([*wanted, *pa.schema(own)])


def _order(part: Part, batch: pa.RecordBatch) -> list[pa.Array]:
    rows = batch.num_rows
    numbers = pa.repeat(pa.scalar(part.order, pa.int64()), rows)
    same = pa.repeat(pa.scalar(0, pa.int64()), rows)
    return [numbers, same, pa.repeat(pa.scalar(value=True), rows)]


def _stamps(batch: pa.RecordBatch) -> list[pa.Array]:
    read_at = batch.column(READ_AT).cast(pa.int64())
    there = pc.not_equal(batch.column(OPERATION), "delete")
    return [batch.column(RUN_NO).cast(pa.int64()), read_at, there]


def _column(part: Part, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    if field.name not in batch.schema.names:
        return pa.nulls(batch.num_rows, field.type)
    try:
        return _cast(batch.column(field.name), field.type)
    except pa.ArrowInvalid as error:
        raise NotComparable(f"{part.path}: column {field.name}: {error}") from error


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if values.type == kind:
        return values
    if is_.is_dictionary(values.type):
        return _cast(values.dictionary_decode(), kind)
    if is_.is_timestamp(kind) and is_.is_timestamp(values.type):
        return _to_unit(values, kind)
    if is_.is_time(kind):
        # What a finer type holds beyond the coarser one is left out of the comparison.
        return values.cast(kind, safe=False)
    if is_.is_decimal(kind) and is_.is_integer(values.type):
        # Arrow wants room for the widest integer before it scales.
        return values.cast(pa.decimal128(20, 0)).cast(kind)
    return values.cast(kind)


def _to_unit(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Take instants down to a coarser unit; a time with a zone is counted in UTC already."""
    count = pa.timestamp(values.type.unit)
    plain = values.cast(pa.int64()).cast(count)
    if kind.unit != values.type.unit:
        name = {"s": "second", "ms": "millisecond", "us": "microsecond", "ns": "nanosecond"}
        plain = pc.floor_temporal(plain, unit=name[kind.unit])
    return plain.cast(kind)
