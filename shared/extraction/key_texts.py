"""Keys as texts that a source reads back as the very same values: how rows are asked for one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from shared.loading.errors import ValueUnsupported


def write_keys(keys: pa.RecordBatch) -> list[tuple[str, ...]]:
    """Give each key as one text a column.

    Numbers are decimal, floats as Python writes them, bytes hexadecimal, truth values 1 and 0; dates and
    times are ISO 8601, with `+00:00` where they have a zone.

    Raises:
        ValueUnsupported: a date or time lies outside of the years 1 to 9999. Names the column.
    """
    columns = [
        _texts(column, field) for column, field in zip(keys.columns, keys.schema, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _texts(column: pa.Array, field: pa.Field) -> list[str]:
    try:
        return [_writer(field.type)(value) for value in column.to_pylist()]
    except (ValueError, OverflowError) as error:
        raise ValueUnsupported(
            f"key column {field.name}: a row is not found by a date outside of the years 1 to 9999"
        ) from error


def _writer(kind: pa.DataType) -> Callable[[Any], str]:
    if pa.types.is_boolean(kind):
        return lambda value: "1" if value else "0"
    if pa.types.is_floating(kind):
        return repr
    if pa.types.is_timestamp(kind):
        return lambda value: value.isoformat(sep=" ", timespec="microseconds")
    if pa.types.is_temporal(kind):
        return lambda value: value.isoformat()
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return lambda value: value.hex()
    return str
