"""The whole number that stands for a value, whatever its type: what is added up, and written in a row's text.

| Lands as | Its number |
|---|---|
| integer | itself |
| decimal | the unscaled integer: 1.50 of scale 2 is 150 |
| timestamp, time | the count in its unit, of a timestamp from 1970-01-01 |
| date | the days from 1970-01-01 |
| boolean | 1 or 0 |
| float | the 64 bits of the same double as a signed number; every NaN is one |

Text and bytes have none.
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# What all NaN are taken for: their sign and the rest of their bits mean nothing.
NAN = 0x7FF8_0000_0000_0000

_WITHOUT_SCALE = {16: pa.decimal128(38, 0), 32: pa.decimal256(76, 0)}


def find_numbers(column: pa.Array) -> pa.Array | None:
    """Give the values as integers or as decimals without a scale; None of text and bytes."""
    kind = column.type
    if pa.types.is_integer(kind):
        return column
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8())
    if pa.types.is_decimal(kind):
        return _unscaled(column)
    if pa.types.is_date32(kind):
        return column.view(pa.int32())
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return column.view(pa.int64())
    return _bits(column) if pa.types.is_floating(kind) else None


def find_bytes(column: pa.Array) -> pa.Array | None:
    """Give text in UTF-8, or bytes, as bytes of any length; None of another type."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return column.cast(pa.binary())
    return None


def _unscaled(column: pa.Array) -> pa.Array:
    kind = _WITHOUT_SCALE[column.type.byte_width]
    return pa.Array.from_buffers(kind, len(column), column.buffers(), offset=column.offset)


def _bits(column: pa.Array) -> pa.Array:
    doubles = column.cast(pa.float64())
    return pc.if_else(pc.is_nan(doubles), pa.scalar(NAN, pa.int64()), doubles.view(pa.int64()))
