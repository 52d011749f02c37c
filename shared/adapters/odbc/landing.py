"""Turns what was fetched into what lands, and refuses by name what Arrow cannot hold exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from shared.adapters.odbc.dialect import Relation
from shared.adapters.odbc.utf16 import UTF16, decode_utf16
from shared.adapters.odbc.wire import cast_array
from shared.extraction.batches import in_pieces, typed_field
from shared.loading.errors import ValueUnsupported

# Times that travel as numbers use this one for what has no place on a calendar: infinity.
NO_TIME = -(2**63) + 1
_NO_TIME = pa.scalar(NO_TIME, pa.int64())


def schema_of(relation: Relation) -> pa.Schema:
    """Give the landing schema."""
    return pa.schema(
        [typed_field(each.name, each.landing.lands, each.declared) for each in relation.columns]
    )


def land_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give every batch the landing schema, value for value, in pieces of at most `MAX_ROWS` rows.

    Raises:
        ValueUnsupported: a value has no exact form in its column's type. Names the column; no row
            of the batch that holds it has been given.
    """
    for batch in batches:
        columns = zip(batch.columns, batch.schema, schema, strict=True)
        arrays = [_land(*column) for column in columns]
        yield from in_pieces(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _land(array: pa.Array, wire: pa.Field, field: pa.Field) -> pa.Array:
    if array.type == field.type:
        return array
    if wire.metadata == UTF16:
        return decode_utf16(array, field)
    if pa.types.is_int64(array.type) and pa.types.is_temporal(field.type):
        return _land_time(array, field)
    return cast_array(array, field)


def _land_time(array: pa.Array, field: pa.Field) -> pa.Array:
    """Read whole numbers as a time: days of a date, else the units of the type."""
    if pc.any(pc.equal(array, _NO_TIME)).as_py():
        raise ValueUnsupported(f"column {field.name}: infinity does not fit into {field.type}")
    if pa.types.is_date32(field.type):
        return cast_array(array, field.with_type(pa.int32())).view(field.type)
    return array.view(field.type)
