"""What SQL Server adds up of the rows that it gave, and the hash of a row.

Sums are made in decimal(38,0), as a bigint would overflow with some thousand times. Text is measured in
UTF-16, in which it travels. A hash needs it in UTF-8, which SQL Server 2019 and Azure have.
"""

from __future__ import annotations

import pyarrow as pa

from shared.adapters.odbc.dialect import Column, Dialect, Relation
from shared.adapters.odbc.links import Link
from shared.catalog import ReceiptLevel
from shared.extraction.adding import Addition, Additions
from shared.landing.row_hash import NULL
from shared.loading.proof import Measure

_UTF8 = "Latin1_General_100_BIN2_UTF8"
# NULL where the server does not know the collation.
_KNOWS_UTF8 = f"SELECT COLLATIONPROPERTY('{_UTF8}', 'CodePage') AS page"
# Ten digits are left for the number of rows.
_WHOLE_DIGITS = 28
_HALF = 20
_ASCII = "CONVERT(varbinary(max), CONVERT(varchar(max), {}))"


def knows_utf8(link: Link) -> bool:
    """Say whether the server can write text in UTF-8."""
    return link.rows(_KNOWS_UTF8)[0]["page"] is not None


def find_additions(dialect: Dialect, relation: Relation, level: ReceiptLevel) -> Additions:
    """Say what to add up of a span."""
    if level == "rows":
        return Additions(level="rows", rows="COUNT_BIG(*)")
    hashes = f"CONVERT(bigint, SUBSTRING({row_hash(dialect, relation)}, 1, 8))"
    return Additions(
        level=level,
        rows="COUNT_BIG(*)",
        columns=tuple(_addition(each, dialect.quote(each.name)) for each in relation.columns),
        hashes=_sum(hashes) if level == "hashes" else None,
    )


def row_hash(dialect: Dialect, relation: Relation) -> str:
    """Give SQL for the hash of a row, 16 bytes."""
    null = _ASCII.replace("{}", f"'{NULL}'")
    texts = [f"ISNULL({_text(c, dialect.quote(c.name))}, {null})" for c in relation.columns]
    return f"HASHBYTES('MD5', {' + 0x2C + '.join(texts)})"


def _addition(column: Column, name: str) -> Addition:
    measure = _measure(column)
    return Addition(
        column=column.name,
        measure=measure,
        values=f"COUNT_BIG({name})",
        terms=_numbers(column, name)
        if measure == "numbers"
        else ((1, _sum(f"DATALENGTH({_read(column, name)})")),),
    )


def _measure(column: Column) -> Measure:
    if column.landing.utf16:
        return "utf16_bytes"
    lands = column.landing.lands
    return "bytes" if pa.types.is_string(lands) or pa.types.is_binary(lands) else "numbers"


def _numbers(column: Column, name: str) -> tuple[tuple[int, str], ...]:
    lands = column.landing.lands
    if not pa.types.is_decimal(lands):
        return ((1, _sum(_number(column, name))),)
    value = _read(column, name)
    if lands.precision <= _WHOLE_DIGITS:
        return ((1, f"REPLACE(CONVERT(varchar(42), SUM({value})), '.', '')"),)
    digits = f"RIGHT(REPLICATE('0', {2 * _HALF}) + {_digits(value)}, {2 * _HALF})"
    halves = [
        f"CONVERT(decimal({_HALF},0), {side}({digits}, {_HALF})) * CONVERT(int, SIGN({value}))"
        for side in ("LEFT", "RIGHT")
    ]
    high, low = (_sum(half) for half in halves)
    return ((10**_HALF, high), (1, low))


def _number(column: Column, name: str) -> str:
    """Give the number of a value that lands as no decimal. Days and times are read as theirs."""
    if pa.types.is_floating(column.landing.lands):
        return f"CONVERT(bigint, {_double(name)})"
    if pa.types.is_boolean(column.landing.lands):
        return f"CONVERT(tinyint, {name})"
    return _read(column, name)


def _text(column: Column, name: str) -> str:
    lands, value = column.landing.lands, _read(column, name)
    if pa.types.is_binary(lands):
        return _ASCII.replace("{}", f"LOWER(CONVERT(varchar(max), {value}, 2))")
    if pa.types.is_string(lands):
        wide = f"CONVERT(nvarchar(max), {value})"
        text = f"CONVERT(varbinary(max), CONVERT(varchar(max), {wide} COLLATE {_UTF8}))"
        length = _ASCII.replace("{}", f"CONVERT(varchar(20), DATALENGTH({text}))")
        return f"({length} + 0x3A + {text})"
    if pa.types.is_floating(lands):
        written = f"LOWER(CONVERT(char(16), {_double(name)}, 2))"
    elif pa.types.is_decimal(lands):
        written = _unscaled(value)
    else:
        written = f"CONVERT(varchar(20), {_number(column, name)})"
    return _ASCII.replace("{}", written)


def _unscaled(value: str) -> str:
    digits, minus = _digits(value), f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    return (
        f"CASE WHEN {value} = 0 THEN '0' "
        f"ELSE {minus} + SUBSTRING({digits}, PATINDEX('%[^0]%', {digits}), 41) END"
    )


def _digits(value: str) -> str:
    return f"REPLACE(REPLACE(CONVERT(varchar(41), {value}), '.', ''), '-', '')"


def _double(name: str) -> str:
    """Give the bits of a double, in the order of its value."""
    return f"CONVERT(binary(8), CONVERT(float, {name}))"


def _sum(sql: str) -> str:
    return f"CONVERT(varchar(40), SUM(CONVERT(decimal(38,0), {sql})))"


def _read(column: Column, name: str) -> str:
    return column.landing.expression.replace("{}", name)
