"""What PostgreSQL itself says that a table holds, in text, by a driver that Tidemark does not use."""

import math
import struct
from collections import Counter
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa

from tests.contracts.source.any_postgresql_tables import AnyTable

# What the texts depend on, as the page on types says it.
SETTINGS = """
SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'iso_8601';
SET bytea_output = 'hex'; SET extra_float_digits = 1; SET xmloption = 'content';
"""
_DAYS = "({} - date '1970-01-01')::text"
_MICROSECONDS = "trunc(extract(epoch FROM {}) * 1000000)::text"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def ask_rows(
    connection: psycopg.Connection[Any], schema: str, table: AnyTable, lands: pa.Schema
) -> Counter[tuple[Any, ...]]:
    """Give the table's rows, each value as one that can be compared with what landed, NULL as None."""
    names = [column.name for column in table.columns]
    wanted = ", ".join(_text(quote(name), lands.field(name)) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {wanted} FROM {quote(schema)}.{quote(table.name)}".encode(), prepare=False
        )
        kinds = [lands.field(name).type for name in names]
        return Counter(
            tuple(_meant(text, kind) for text, kind in zip(row, kinds, strict=True))
            for row in cursor.fetchall()
        )


def read_rows(landed: pa.Table, names: list[str]) -> Counter[tuple[Any, ...]]:
    """Give the rows that landed in the same form."""
    columns = [_found(landed.column(name).combine_chunks()) for name in names]
    return Counter(zip(*columns, strict=True))


def _text(name: str, field: pa.Field) -> str:
    declared = (field.metadata or {}).get(b"tidemark.source_type", b"").decode()
    if pa.types.is_date(field.type):
        return _DAYS.replace("{}", name)
    if pa.types.is_timestamp(field.type) or pa.types.is_time(field.type):
        return _MICROSECONDS.replace("{}", name)
    if declared == "money" or declared.endswith(".fee"):
        return f"{name}::numeric::text"
    if declared.startswith("character("):
        # The cast would drop the blanks that belong to the value.
        return f"CASE WHEN {name} IS NOT NULL THEN format('%s', {name}) END"
    return f"{name}::text"


def _meant(text: str | None, kind: pa.DataType) -> Any:
    if text is None:
        return None
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
        return int(Decimal(text))
    if pa.types.is_boolean(kind):
        return text == "true"
    if pa.types.is_decimal(kind):
        return Decimal(text)
    if pa.types.is_floating(kind):
        return _bits(float(text), kind)
    return bytes.fromhex(text.removeprefix("\\x")) if pa.types.is_binary(kind) else text


def _found(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_date(kind):
        return column.view(pa.int32()).to_pylist()
    if pa.types.is_temporal(kind):
        return column.view(pa.int64()).to_pylist()
    if pa.types.is_floating(kind):
        return [None if value is None else _bits(value, kind) for value in column.to_pylist()]
    return column.to_pylist()


def _bits(value: float, kind: pa.DataType) -> str:
    # All NaN are one to PostgreSQL.
    return (
        "NaN"
        if math.isnan(value)
        else struct.pack("f" if kind == pa.float32() else "d", value).hex()
    )
