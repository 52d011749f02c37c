"""Decides how each SQL Server type serves as a cursor: compared in its own type, written as exact text."""

from __future__ import annotations

import re

from shared.adapters.odbc.dialect import Cursor
from shared.adapters.odbc.sqlserver.types import SourceType
from shared.extraction.tracked import VERSION
from shared.loading.errors import CursorUnsound
from shared.loading.span import Span

# Styles are those of "CAST and CONVERT (Transact-SQL)". 121 and 23 read and write the same text
# whatever the session's language and date order are, and 1 is hexadecimal with 0x.
_INTEGERS = {
    "tinyint": "0",
    "smallint": str(-(2**15)),
    "int": str(-(2**31)),
    "bigint": str(-(2**63)),
}
_MILLISECOND = "0.001"
_MINUTE = "60"
# A datetime counts 300ths of a second, and rounds to the nearest.
_TICK = "0.004"
_LAST_DIGIT = re.compile(r"(?<=\.\d\d)\d$")
_DISPLAYED = "0003333777"


# The version of a row's last change, which change tracking tells beside the row.
TRACKED_CURSOR = Cursor(
    name=VERSION, parameter="CONVERT(bigint, ?)", text="CONVERT(varchar(20), {})", lowest="0"
)


def find_cursor(kind: str, column: str, source: SourceType) -> Cursor:
    """Say how a cursor column's bounds are compared; nothing rounds them, and no index is lost.

    A bound becomes a value of the column's own type, so that the column stands bare in the
    condition. A datetime beside a datetime2 would be compared at 100 ns since compatibility level
    130, where .003 is 0.0033333, and equal values would no longer be equal.

    Raises:
        CursorUnsound: the column's type does not fit the declared kind. Names the column.
    """
    found = None
    match kind:
        case "timestamp":
            found = _timestamp(column, source)
        case "date" if source.name == "date":
            found = Cursor(
                name=column, parameter="CONVERT(date, ?, 23)", text="CONVERT(char(10), {}, 23)"
            )
        case "integer":
            found = _integer(column, source)
        case "rowversion" if source.name == "timestamp":
            found = Cursor(
                name=column,
                parameter="CONVERT(binary(8), ?, 1)",
                text="CONVERT(char(18), CONVERT(binary(8), {}), 1)",
            )
        case _:
            pass
    if found is None:
        raise CursorUnsound(
            f"column {column}: its type {source.full_name} does not fit the kind {kind}"
        )
    return found


def settle_span(cursor: Cursor, span: Span) -> Span:
    """Put the ends of a span on values that a datetime can hold, downwards.

    Others would be rounded to the nearest, which may lie above the bound: '.005' would become the
    value that is displayed as .007.
    """
    if cursor.open_unit != _TICK:
        return span
    return Span(after=_on_tick(span.after), upto=_on_tick(span.upto), nulls=span.nulls)


def _on_tick(text: str | None) -> str | None:
    return text and _LAST_DIGIT.sub(lambda digit: _DISPLAYED[int(digit[0])], text)


def _timestamp(column: str, source: SourceType) -> Cursor | None:
    match source.name:
        case "datetime":
            return Cursor(
                name=column,
                parameter="CONVERT(datetime, ?, 121)",
                text="CONVERT(char(23), {}, 121)",
                resolution=_MILLISECOND,
                zoned=False,
                open_unit=_TICK,
            )
        case "smalldatetime":
            return Cursor(
                name=column,
                parameter="CONVERT(smalldatetime, ?, 120)",
                text="CONVERT(char(19), {}, 120)",
                resolution=_MINUTE,
                zoned=False,
            )
        case "datetime2":
            return Cursor(
                name=column,
                parameter=f"CONVERT(datetime2({source.scale}), ?, 121)",
                text="CONVERT(varchar(27), {}, 121)",
                resolution=_step(source.scale),
                zoned=False,
            )
        case "datetimeoffset":
            return _zoned(column, source)
        case _:
            return None


def _zoned(column: str, source: SourceType) -> Cursor:
    """Write values in UTC, as `+00`. Positions end so as well, and any other offset is an error."""
    utc = f"CONVERT(datetime2({source.scale}), SWITCHOFFSET({{}}, '+00:00'))"
    return Cursor(
        name=column,
        parameter=f"CONVERT(datetimeoffset({source.scale}), REPLACE(?, '+00', ' +00:00'))",
        text=f"CONVERT(varchar(27), {utc}, 121) + '+00'",
        resolution=_step(source.scale),
        zoned=True,
    )


def _integer(column: str, source: SourceType) -> Cursor | None:
    if source.name in _INTEGERS:
        # In bigint: a bound may lie one below the lowest value of the column's own type.
        return Cursor(
            name=column,
            parameter="CONVERT(bigint, ?)",
            text="CONVERT(varchar(20), {})",
            lowest=_INTEGERS[source.name],
        )
    if source.name in ("decimal", "numeric") and source.scale == 0:
        return Cursor(
            name=column,
            parameter=f"CONVERT(decimal({source.precision}, 0), ?)",
            text="CONVERT(varchar(40), {})",
            lowest=f"-{'9' * source.precision}",
        )
    return None


def _step(digits: int) -> str:
    return "0." + "1".rjust(digits, "0") if digits else "1"
