"""What comes over the wire, made into Arrow's types value for value; what would change is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from shared.loading.errors import SchemaDrifted, ValueUnsupported

# The least that a driver writes: YYYY-MM-DD HH:MM:SS and HH:MM:SS. Arrow would also take less, and
# so a text that was cut.
_TIMESTAMP_LENGTH = pa.scalar(19, pa.int32())
_TIME_LENGTH = pa.scalar(8, pa.int32())
_FIRST_DAY = "1970-01-01 "

_TAKEN: tuple[tuple[Callable[[pa.DataType], bool], set[type]], ...] = (
    (pa.types.is_integer, {int, bool}),
    (pa.types.is_boolean, {int, bool}),
    (pa.types.is_floating, {float}),
    (pa.types.is_decimal, {Decimal, int}),
    (pa.types.is_string, {str}),
    (pa.types.is_timestamp, {datetime}),
    (pa.types.is_date, {date}),
    (pa.types.is_time, {time}),
    (pa.types.is_binary, {bytes, bytearray}),
    (pa.types.is_fixed_size_binary, {bytes, bytearray}),
)
_BITS = pa.array([0, 1], pa.int64())
_REFUSALS = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)


def array_of(values: Sequence[Any], field: pa.Field) -> pa.Array:
    """Make a column of Python objects an array of exactly the field's type.

    Arrow alone would take 1.5 for a whole number, cut a time off a date and drop a zone, so each
    type says which objects it takes.

    Raises:
        ValueUnsupported: a value is of another type, or does not fit. Names the column.
    """
    strange = set(map(type, values)) - taken(field.type) - {type(None)}
    if strange:
        names = ", ".join(sorted(each.__name__ for each in strange))
        raise ValueUnsupported(f"column {field.name}: the driver gave {names} for {field.type}")
    try:
        if pa.types.is_boolean(field.type):
            return _booleans(pa.array(_integers(values), pa.int64()), field)
        if pa.types.is_integer(field.type):
            return pa.array(_integers(values), field.type)
        if pa.types.is_float32(field.type):
            return _narrowed(pa.array(values, pa.float64()), field)
        if pa.types.is_timestamp(field.type):
            _check_naive(values, field)
        return pa.array(values, field.type)
    except (*_REFUSALS, OverflowError, ValueError) as error:
        raise ValueUnsupported(f"column {field.name}: {error}") from error


def taken(kind: pa.DataType) -> set[type]:
    """Give the Python types whose values an Arrow type can hold without a change of meaning."""
    return next(types for is_of, types in _TAKEN if is_of(kind))


def fetched(inferred: pa.Schema, wire: pa.Schema) -> pa.Schema:
    """Say in which types blocks are fetched, given those that the driver describes.

    Dates and times come as text: on one that is none (24:00:00, 2024-00-00) arrow-odbc ends the
    process. So do decimals, where it reads NaN as 0. A float is always fetched as a double, as a
    driver may describe the wider as the narrower (psqlodbc does); a fixed-size binary as one of any
    size, as a value may be shorter than described.

    Raises:
        SchemaDrifted: a column is of another kind than it was described with.
    """
    if len(inferred) != len(wire):
        raise SchemaDrifted(f"{len(inferred)} columns were streamed, not {len(wire)}")
    return pa.schema(
        [pa.field(w.name, _fetched(i.type, w)) for i, w in zip(inferred, wire, strict=True)]
    )


def harmless(inferred: pa.Schema) -> pa.Schema:
    """Say in which types metadata is fetched, of which nothing was described: see `fetched`."""
    return pa.schema([pa.field(each.name, _harmless(each.type)) for each in inferred])


def cast_array(array: pa.Array, field: pa.Field) -> pa.Array:
    """Make a fetched array one of exactly the field's type.

    Raises:
        ValueUnsupported: a value does not fit. Names the column.
    """
    try:
        if array.type == field.type:
            return array
        if pa.types.is_string(array.type) and pa.types.is_temporal(field.type):
            return _parsed(cast("pa.StringArray", array), field)
        if pa.types.is_boolean(field.type):
            return _booleans(array, field)
        if pa.types.is_float32(field.type):
            return _narrowed(array, field)
        return array.cast(field.type)
    except _REFUSALS as error:
        raise ValueUnsupported(f"column {field.name}: {error}") from error


def _fetched(inferred: pa.DataType, wire: pa.Field) -> pa.DataType:
    kind, number = wire.type, pa.types.is_integer(inferred) or pa.types.is_boolean(inferred)
    text = pa.types.is_string(inferred)
    if pa.types.is_boolean(kind) and number:
        return pa.int64()
    if pa.types.is_integer(kind) and (number or text or pa.types.is_decimal(inferred)):
        return pa.int64() if number else pa.string()
    if pa.types.is_floating(kind) and pa.types.is_floating(inferred):
        return pa.float64()
    if pa.types.is_decimal(kind) and (number or text or pa.types.is_decimal(inferred)):
        return pa.string()
    if pa.types.is_temporal(kind) or pa.types.is_string(kind):
        if text or pa.types.is_temporal(inferred):
            return pa.string()
    elif _is_binary(kind) and _is_binary(inferred):
        return pa.binary()
    raise SchemaDrifted(f"column {wire.name} was streamed as {inferred}, not as {kind}")


def _harmless(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return pa.string()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return pa.int64()
    return pa.binary() if pa.types.is_fixed_size_binary(kind) else kind


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _integers(values: Sequence[Any]) -> list[int | None]:
    return [None if value is None else int(value) for value in values]


def _booleans(array: pa.Array, field: pa.Field) -> pa.Array:
    if not pc.all(pc.is_in(array.drop_null(), _BITS), min_count=0).as_py():
        raise ValueUnsupported(f"column {field.name}: a number other than 0 and 1 is no bool")
    return array.cast(pa.bool_())


def _narrowed(array: pa.Array, field: pa.Field) -> pa.Array:
    """Take doubles as floats. Rounding is right: a driver may read 1.1 from the text of a float."""
    narrow = array.cast(field.type)
    if not pc.is_finite(narrow).equals(pc.is_finite(array)):
        raise ValueUnsupported(f"column {field.name}: a value does not fit into {field.type}")
    return narrow


def _check_naive(values: Sequence[Any], field: pa.Field) -> None:
    if any(value is not None and value.tzinfo is not None for value in values):
        raise ValueUnsupported(f"column {field.name}: the driver gave a time with a zone")


def _parsed(array: pa.StringArray, field: pa.Field) -> pa.Array:
    if pa.types.is_date(field.type):
        return array.cast(field.type)
    of_day = pa.types.is_time(field.type)
    least = _TIME_LENGTH if of_day else _TIMESTAMP_LENGTH
    if pc.any(pc.less(pc.binary_length(array), least)).as_py():
        raise ValueUnsupported(f"column {field.name}: a text is too short for {field.type}")
    if not of_day:
        return array.cast(field.type)
    moments = pc.utf8_replace_slice(array, 0, 0, _FIRST_DAY)
    return moments.cast(pa.timestamp(field.type.unit)).cast(field.type)
