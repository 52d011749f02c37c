"""Decides how each of ODBC's types is read and lands: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import pyarrow as pa

from shared.adapters.odbc.dialect import Cursor, Landing
from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.wire import taken
from shared.loading.errors import CursorUnsound, TypeUnsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A type as the driver describes it.

    `code` is ODBC's, `name` the engine's. `size` and `digits` are those of SQLDescribeCol, where a
    number has a scale and a time its digits of a second. `reads_as` is the Python type of its values.
    """

    code: int
    name: str
    unsigned: bool
    size: int
    digits: int
    reads_as: type

    @property
    def declared(self) -> str:
        """Its name with what a change of it would change."""
        match self.code:
            case pyodbc.SQL_DECIMAL | pyodbc.SQL_NUMERIC:
                arguments = f"({self.size},{self.digits})"
            case pyodbc.SQL_TYPE_TIME | pyodbc.SQL_TYPE_TIMESTAMP:
                arguments = f"({self.digits})"
            case code if code in _STRINGS:
                arguments = f"({self.size})" if self.size else ""
            case _:
                arguments = ""
        return self.name if "(" in self.name else self.name + arguments


_INTEGERS: Mapping[int, tuple[pa.DataType, pa.DataType]] = {
    # Signed, and unsigned in the next wider signed type.
    pyodbc.SQL_TINYINT: (pa.int8(), pa.int16()),
    pyodbc.SQL_SMALLINT: (pa.int16(), pa.int32()),
    pyodbc.SQL_INTEGER: (pa.int32(), pa.int64()),
    pyodbc.SQL_BIGINT: (pa.int64(), pa.decimal128(20, 0)),
}
_LOWEST: Mapping[int, int] = {
    pyodbc.SQL_TINYINT: -(2**7),
    pyodbc.SQL_SMALLINT: -(2**15),
    pyodbc.SQL_INTEGER: -(2**31),
    pyodbc.SQL_BIGINT: -(2**63),
}
_SAME: Mapping[int, pa.DataType] = {
    pyodbc.SQL_REAL: pa.float32(),
    pyodbc.SQL_FLOAT: pa.float64(),
    pyodbc.SQL_DOUBLE: pa.float64(),
    pyodbc.SQL_CHAR: pa.string(),
    pyodbc.SQL_VARCHAR: pa.string(),
    pyodbc.SQL_LONGVARCHAR: pa.string(),
    pyodbc.SQL_WCHAR: pa.string(),
    pyodbc.SQL_WVARCHAR: pa.string(),
    pyodbc.SQL_WLONGVARCHAR: pa.string(),
    pyodbc.SQL_BINARY: pa.binary(),
    pyodbc.SQL_VARBINARY: pa.binary(),
    pyodbc.SQL_LONGVARBINARY: pa.binary(),
}
_STRINGS = frozenset(code for code, kind in _SAME.items() if not pa.types.is_floating(kind))
_WHOLE = "CAST(? AS DECIMAL(20,0))"
_DECIMALS = frozenset({pyodbc.SQL_DECIMAL, pyodbc.SQL_NUMERIC})
# As text: the driver's own objects would drop a fraction, or show a date that is none as missing.
_TIMES: Mapping[int, pa.DataType] = {
    pyodbc.SQL_TYPE_DATE: pa.date32(),
    pyodbc.SQL_TYPE_TIME: pa.time64("us"),
    pyodbc.SQL_TYPE_TIMESTAMP: pa.timestamp("us"),
}
# Of these the driver gives the reading of a clock, and not of which: MariaDB's follows the session.
_ZONED = ("zone", "timestamptz", "timetz", "datetimeoffset")
_MARIADB_ZONED = ("MariaDB", "TIMESTAMP")

_DECIMAL128_DIGITS = 38
_DECIMAL256_DIGITS = 76
_MICROSECOND_DIGITS = 6


def find_landing(engine: str, column: str, source: SourceType) -> Landing:
    """Decide how a column of an engine is read and lands.

    Everything is fetched row by row: in blocks, arrow-odbc reads some drivers wrongly (MariaDB's
    BIT as NULL), and what an unknown driver does is unknown.

    Raises:
        TypeUnsupported: no exact form of the type's values is known. Names the column.
    """
    if _has_zone(engine, source):
        raise TypeUnsupported(
            f"column {column}: the driver does not tell the zone of {source.name}"
        )
    found = _find_number(source) or _find_time(source) or _find_string(source)
    if found is None:
        raise TypeUnsupported(
            f"column {column}: {source.declared} (ODBC type {source.code}) has no exact form"
        )
    if not source.unsigned and source.reads_as not in _read_as(found.lands):
        raise TypeUnsupported(
            f"column {column}: the driver describes {source.name} as ODBC type {source.code}, "
            f"but gives {source.reads_as.__name__}"
        )
    return found


def find_cursor(column: str, kind: str, source: SourceType) -> Cursor:
    """Say how the values of a cursor column are bound; they are read as their column is.

    Raises:
        CursorUnsound: the column's type does not fit the declared kind. Names the column.
    """
    match kind, source.code:
        case "timestamp", pyodbc.SQL_TYPE_TIMESTAMP:
            resolution = "0." + "1".rjust(source.digits, "0") if source.digits else "1"
            # The engine's own name of the type: some know no TIMESTAMP, or mean another by it.
            parameter = f"CAST(? AS {source.declared.removesuffix('(0)')})"
            return Cursor(
                name=column, parameter=parameter, text="{}", resolution=resolution, zoned=False
            )
        case "date", pyodbc.SQL_TYPE_DATE:
            return Cursor(name=column, parameter="CAST(? AS DATE)", text="{}")
        case "integer", code if code in _LOWEST:
            # One below the lowest: zero is a value that a row may still come with.
            lowest = "-1" if source.unsigned else str(_LOWEST[code])
            return Cursor(name=column, parameter=_WHOLE, text="{}", lowest=lowest)
        case "integer", code if code in _DECIMALS and source.digits == 0:
            parameter = f"CAST(? AS DECIMAL({source.size},0))"
            return Cursor(
                name=column, parameter=parameter, text="{}", lowest="-" + "9" * source.size
            )
        case _:
            raise CursorUnsound(
                f"column {column}: its type {source.declared} does not fit the kind {kind} "
                "(over plain ODBC there are timestamp, date and integer)"
            )


def _find_number(source: SourceType) -> Landing | None:
    code, size, digits = source.code, source.size, source.digits
    if code == pyodbc.SQL_BIT:
        return _same(pa.bool_())
    if code in _INTEGERS and not source.unsigned:
        return _same(_INTEGERS[code][0])
    if code in _INTEGERS:
        # pyodbc takes what is unsigned for signed of the same width, large values for negative ones.
        return Landing(
            wire=pa.decimal128(20, 0),
            lands=_INTEGERS[code][1],
            expression="CAST({} AS DECIMAL(20,0))",
            bounded=False,
        )
    if code not in _DECIMALS or not 0 <= digits <= size or not size:
        return None
    if size <= _DECIMAL128_DIGITS:
        return _same(pa.decimal128(size, digits))
    return _same(pa.decimal256(size, digits)) if size <= _DECIMAL256_DIGITS else None


def _find_time(source: SourceType) -> Landing | None:
    # A driver that gives a time of day as ODBC's structure has no room for a fraction.
    most = 0 if source.code == pyodbc.SQL_TYPE_TIME else _MICROSECOND_DIGITS
    if source.code not in _TIMES or not 0 <= source.digits <= most:
        return None
    return Landing(wire=pa.string(), lands=_TIMES[source.code], bounded=False)


def _find_string(source: SourceType) -> Landing | None:
    if source.code == pyodbc.SQL_GUID:
        written = "LOWER(CAST({} AS CHAR(36)))"
        return Landing(wire=pa.string(), lands=pa.string(), expression=written, bounded=False)
    return _same(_SAME[source.code]) if source.code in _SAME else None


def _same(kind: pa.DataType) -> Landing:
    return Landing(wire=kind, lands=kind, bounded=False)


def _has_zone(engine: str, source: SourceType) -> bool:
    named = any(mark in source.name.lower() for mark in _ZONED)
    return (source.code in _TIMES and named) or (engine, source.name) == _MARIADB_ZONED


def _read_as(lands: pa.DataType) -> set[type]:
    """Give the types that pyodbc says it will make of what lands so."""
    if pa.types.is_temporal(lands):
        return {date, time, datetime}
    return taken(lands)
