"""What MariaDB adds up of the rows that it gave, and the hash of a row: exactly, or not at all."""

from __future__ import annotations

import pyarrow as pa

from shared.adapters.odbc.dialect import Column, Dialect, Relation
from shared.catalog import ReceiptLevel
from shared.extraction.adding import Addition, Additions
from shared.landing.row_hash import NULL

_FIRST_DAY = 719_528  # TO_DAYS('1970-01-01')
# A sum has 22 digits more than its values, and 65 at most; beyond it they are added up in halves.
_WHOLE_DIGITS = 43
_HALF = 35

# No function gives the bits of a double, but powers of two are exact. `e` is its exponent, which the
# logarithm may miss by one, and `f` what is left of it then: from 0.5 to below 4.
_A = "ABS(CAST({} AS DOUBLE))"
_E = f"CAST(LEAST(FLOOR(LOG2({_A})), 1023) AS SIGNED)"
_F = f"({_A} / POW(2, {_E}))"
_ONE = "4503599627370496"  # 2 ** 52
_BITS = f"""(
    IF(CAST({{}} AS DOUBLE) < 0 OR CAST(CAST({{}} AS DOUBLE) AS CHAR) LIKE '-%',
        -9223372036854775807 - 1, 0) +
    CASE WHEN {_A} = 0 THEN 0
        WHEN {_A} < 2.2250738585072014e-308
            THEN CAST({_A} * POW(2, 537) * POW(2, 537) AS SIGNED)
        WHEN {_F} < 1 THEN ({_E} + 1021) * {_ONE} + CAST({_F} * 2 * {_ONE} AS SIGNED)
        WHEN {_F} >= 2 THEN ({_E} + 1023) * {_ONE} + CAST({_F} / 2 * {_ONE} AS SIGNED)
        ELSE ({_E} + 1022) * {_ONE} + CAST({_F} * {_ONE} AS SIGNED)
    END
)"""
_DIGITS = "REPLACE(CAST(ABS({}) AS CHAR(70)), '.', '')"
_UNSCALED = f"IF({{}} = 0, '0', CONCAT(IF({{}} < 0, '-', ''), TRIM(LEADING '0' FROM {_DIGITS})))"


def find_additions(dialect: Dialect, relation: Relation, level: ReceiptLevel) -> Additions:
    """Say what to add up of a span."""
    if level == "rows":
        return Additions(level="rows", rows="COUNT(*)")
    return Additions(
        level=level,
        rows="COUNT(*)",
        columns=tuple(_addition(each, dialect.quote(each.name)) for each in relation.columns),
        hashes=_sum(_hash_number(dialect, relation)) if level == "hashes" else None,
    )


def row_hash(dialect: Dialect, relation: Relation) -> str:
    """Give SQL for the hash of a row, 16 bytes."""
    return f"UNHEX({_md5(dialect, relation)})"


def _hash_number(dialect: Dialect, relation: Relation) -> str:
    return f"CAST(CONV(LEFT({_md5(dialect, relation)}, 16), 16, -10) AS SIGNED)"


def _md5(dialect: Dialect, relation: Relation) -> str:
    texts = [f"COALESCE({_text(c, dialect.quote(c.name))}, '{NULL}')" for c in relation.columns]
    return f"MD5(CONCAT_WS(',', {', '.join(texts)}))"


def _addition(column: Column, name: str) -> Addition:
    text = _is_text(column)
    return Addition(
        column=column.name,
        measure="bytes" if text else "numbers",
        values=f"COUNT({name})",
        terms=((1, _sum(f"LENGTH({_read(column, name)})")),) if text else _numbers(column, name),
    )


def _numbers(column: Column, name: str) -> tuple[tuple[int, str], ...]:
    lands = column.landing.lands
    if not (pa.types.is_decimal(lands) and _is_decimal(column)):
        return ((1, _sum(_number(lands, name))),)
    if lands.precision <= _WHOLE_DIGITS:
        return ((1, f"REPLACE({_sum(name)}, '.', '')"),)
    digits = f"LPAD({_DIGITS.replace('{}', name)}, {2 * _HALF}, '0')"
    halves = [f"CAST({side}({digits}, {_HALF}) AS DECIMAL({_HALF}))" for side in ("LEFT", "RIGHT")]
    high, low = (_sum(f"SIGN({name}) * {half}") for half in halves)
    return ((10**_HALF, high), (1, low))


def _number(lands: pa.DataType, name: str) -> str:
    if pa.types.is_floating(lands):
        return _BITS.replace("{}", name)
    if pa.types.is_date(lands):
        return f"(TO_DAYS({name}) - {_FIRST_DAY})"
    if pa.types.is_timestamp(lands):
        return f"TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {name})"
    # As a number, which has neither the zeros of ZEROFILL nor the bytes of BIT.
    return f"({name} + 0)"


def _text(column: Column, name: str) -> str:
    lands = column.landing.lands
    if pa.types.is_binary(lands):
        return f"LOWER(HEX({name}))"
    if _is_text(column):
        text = _read(column, name)
        return f"CONCAT(LENGTH({text}), ':', {text})"
    if _is_decimal(column):
        return _UNSCALED.replace("{}", name)
    number = _number(lands, name)
    if pa.types.is_floating(lands):
        return f"LOWER(LPAD(HEX({number}), 16, '0'))"
    return f"CAST({number} AS CHAR(20))"


def _sum(sql: str) -> str:
    return f"CAST(SUM({sql}) AS CHAR(70))"


def _read(column: Column, name: str) -> str:
    return column.landing.expression.replace("{}", name)


def _is_text(column: Column) -> bool:
    return pa.types.is_string(column.landing.lands) or pa.types.is_binary(column.landing.lands)


def _is_decimal(column: Column) -> bool:
    """Whether it is a DECIMAL; a large unsigned number lands as a decimal too."""
    return pa.types.is_decimal(column.landing.lands) and column.declared.startswith("decimal")
