"""Turns what was streamed into what lands, and refuses by name what Arrow cannot hold exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from shared.extraction.batches import in_pieces
from shared.loading.errors import ValueUnsupported

_DAY = 86_400_000_000
_MIDNIGHT = pa.scalar(_DAY, pa.int64())
# PostgreSQL's first day is 4714-11-24 BC. Infinity, and times after 294247-01-10, leave the range
# of 64 bits when ADBC moves them from PostgreSQL's epoch to Unix's and come out below that day.
_FIRST_DATE = pa.scalar(-2_440_588, pa.int32())
_FIRST_TIME = pa.scalar(-2_440_588 * _DAY, pa.int64())
_BEYOND = "infinity, or a time after year 294246,"


def land_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give every batch the landing schema, value for value, in pieces of at most `MAX_ROWS` rows.

    Raises:
        ValueUnsupported: a value has no exact form in its column's type. Names the column; no row
            of the batch that holds it has been given.
    """
    for batch in batches:
        arrays = [_land(*pair) for pair in zip(batch.columns, schema, strict=True)]
        yield from in_pieces(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _land(array: pa.Array, field: pa.Field) -> pa.Array:
    if pa.types.is_decimal(field.type):
        return _land_decimal(array, field)
    if pa.types.is_timestamp(field.type):
        _refuse(pc.less(array.view(pa.int64()), _FIRST_TIME), _BEYOND, field)
    elif pa.types.is_date(field.type):
        _refuse(pc.less(array.view(pa.int32()), _FIRST_DATE), _BEYOND, field)
    elif pa.types.is_time(field.type):
        _refuse(pc.greater_equal(array.view(pa.int64()), _MIDNIGHT), "24:00:00", field)
    return array


def _refuse(wrong: pa.Array, what: str, field: pa.Field) -> None:
    if pc.any(wrong).as_py():
        raise ValueUnsupported(f"column {field.name}: {what} does not fit into {field.type}")


def _land_decimal(array: pa.Array, field: pa.Field) -> pa.Array:
    try:
        return array.cast(field.type)
    except pa.ArrowInvalid as error:
        raise ValueUnsupported(
            f"column {field.name}: {_first_special(array)} does not fit into {field.type}"
        ) from error


def _first_special(array: pa.Array) -> str:
    special = array.filter(pc.is_in(array, pa.array(["NaN", "Infinity", "-Infinity"])))
    return str(special[0]) if len(special) else "a value"
