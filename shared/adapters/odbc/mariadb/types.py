"""Decides how each MariaDB type is read and lands: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from shared.adapters.odbc.dialect import Cursor, Landing
from shared.loading.errors import CursorUnsound, TypeUnsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A type as information_schema.COLUMNS describes it.

    `name` is DATA_TYPE and `declared` COLUMN_TYPE. `characters` and `octets` are the longest value
    that it takes, `precision` and `scale` those of a number, `fraction` the digits of a second.
    """

    name: str
    declared: str
    characters: int = 0
    octets: int = 0
    precision: int = 0
    scale: int = 0
    fraction: int = 0

    @property
    def unsigned(self) -> bool:
        """Whether it holds no negative numbers; ZEROFILL says so as well."""
        return " unsigned" in self.declared or " zerofill" in self.declared


# Signed, and unsigned in the next wider signed type.
_INTEGERS: Mapping[str, tuple[pa.DataType, pa.DataType]] = {
    "tinyint": (pa.int8(), pa.int16()),
    "smallint": (pa.int16(), pa.int32()),
    "mediumint": (pa.int32(), pa.int32()),
    "int": (pa.int32(), pa.int64()),
    "bigint": (pa.int64(), pa.decimal128(20, 0)),
}
_BITS: Mapping[str, int] = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_TEXTS = frozenset(
    {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json"}
)
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
# Types whose text is their value, and its longest.
_WRITTEN: Mapping[str, int] = {"time": 17, "inet6": 39, "inet4": 15, "uuid": 36}
# The bytes of a UTF-8 character at most, and of a value that is fetched in blocks.
_UTF8 = 4
_BLOCK_BYTES = 262_140
_DECIMAL128_DIGITS = 38
_LONGEST_BIT = 64

# Bytes, because the driver ends a text at its first U+0000 when it is asked for text.
_UTF8_BYTES = "CAST(CONVERT({} USING utf8mb4) AS BINARY)"


def find_landing(column: str, source: SourceType) -> Landing:
    """Decide how a column is read and lands.

    Raises:
        TypeUnsupported: no exact form of the type's values is known. Names the column.
    """
    found = _find_number(source) or _find_time(source) or _find_string(source)
    if found is None:
        raise TypeUnsupported(f"column {column}: {source.declared} has no exact form")
    return found


def _find_number(source: SourceType) -> Landing | None:
    match source.name:
        case name if name in _INTEGERS:
            return _integer(source)
        case "decimal":
            return _decimal(source)
        case "float" | "double":
            # As text the server rounds a float to six digits; as a double it is exact.
            lands = pa.float32() if source.name == "float" else pa.float64()
            return Landing(wire=pa.float64(), lands=lands, expression="CAST({} AS DOUBLE)")
        case "bit":
            return _bits(source)
        case "year":
            return Landing(wire=pa.int64(), lands=pa.int16(), expression="CAST({} AS SIGNED)")
        case _:
            return None


def _integer(source: SourceType) -> Landing:
    signed, wider = _INTEGERS[source.name]
    if not source.unsigned:
        return Landing(wire=signed, lands=signed)
    if source.name == "bigint":
        return _text(wider, 20)
    # The driver gives what is unsigned as signed of the same width, large values as negative ones.
    return Landing(wire=pa.int64(), lands=wider, expression="CAST({} AS SIGNED)")


def _decimal(source: SourceType) -> Landing:
    if source.precision <= _DECIMAL128_DIGITS:
        lands: pa.DataType = pa.decimal128(source.precision, source.scale)
    else:
        lands = pa.decimal256(source.precision, source.scale)
    return _text(lands, source.precision + 3)


def _bits(source: SourceType) -> Landing:
    if source.precision == 1:
        return Landing(wire=pa.int64(), lands=pa.bool_(), expression="CAST({} AS SIGNED)")
    if source.precision < _LONGEST_BIT:
        return Landing(wire=pa.int64(), lands=pa.int64(), expression="CAST({} AS SIGNED)")
    return _text(pa.decimal128(20, 0), 20, "CAST({} + 0 AS CHAR(20))")


def _find_time(source: SourceType) -> Landing | None:
    match source.name:
        # As text: the driver gives a zero date as NULL, and Arrow refuses its text by name.
        case "date":
            return _text(pa.date32(), 10)
        case "datetime":
            return _text(pa.timestamp("us"), 26)
        case "timestamp":
            # The session is in UTC.
            return _text(pa.timestamp("us", "UTC"), 27, "CONCAT(CAST({} AS CHAR(26)), 'Z')")
        case _:
            return None


def _find_string(source: SourceType) -> Landing | None:
    if source.name in _WRITTEN:
        return _text(pa.string(), _WRITTEN[source.name])
    if source.name in _TEXTS:
        return Landing(
            wire=pa.binary(),
            lands=pa.string(),
            expression=_UTF8_BYTES,
            bounded=0 < source.characters * _UTF8 <= _BLOCK_BYTES,
        )
    if source.name in _BYTES:
        bounded = 0 < source.octets <= _BLOCK_BYTES
        return Landing(wire=pa.binary(), lands=pa.binary(), bounded=bounded)
    return None


def _text(lands: pa.DataType, length: int, expression: str | None = None) -> Landing:
    written = expression or f"CAST({{}} AS CHAR({length}))"
    return Landing(wire=pa.string(), lands=lands, expression=written)


def find_cursor(kind: str, column: str, source: SourceType) -> Cursor:
    """Say how the values of a cursor column are bound and written; neither rounds them.

    Raises:
        CursorUnsound: the column's type does not fit the declared kind. Names the column.
    """
    if kind not in ("timestamp", "date", "integer"):
        raise CursorUnsound(
            f"column {column}: MariaDB has no {kind}; use timestamp, date, integer or none"
        )
    match kind, source.name:
        case "timestamp", "datetime":
            return _moment(column, source, "?", "{}", zoned=False)
        case "timestamp", "timestamp":
            # The session is in UTC, so that a timestamp reads in it; a bound says so, as +00.
            return _moment(
                column, source, "SUBSTRING_INDEX(?, '+', 1)", "CONCAT({}, '+00')", zoned=True
            )
        case "date", "date":
            return Cursor(name=column, parameter="CAST(? AS DATE)", text="CAST({} AS CHAR(10))")
        case "integer", name if name in _INTEGERS or (name == "decimal" and source.scale == 0):
            return _whole_number(column, source)
        case _:
            raise CursorUnsound(
                f"column {column}: its type {source.declared} does not fit the kind {kind}"
            )


def _moment(column: str, source: SourceType, bound: str, text: str, *, zoned: bool) -> Cursor:
    digits = source.fraction
    return Cursor(
        name=column,
        parameter=f"CAST({bound} AS DATETIME(6))",
        text=text.format("CAST({} AS CHAR(26))"),
        resolution="0." + "1".rjust(digits, "0") if digits else "1",
        zoned=zoned,
    )


def _whole_number(column: str, source: SourceType) -> Cursor:
    wide = source.name == "decimal" or (source.name == "bigint" and source.unsigned)
    if source.unsigned:
        # One below the lowest, as zero is a value that a row may still come with.
        lowest = "-1"
    elif source.name == "decimal":
        lowest = f"-{'9' * source.precision}"
    else:
        lowest = str(-(2 ** (_BITS[source.name] - 1)))
    return Cursor(
        name=column,
        parameter=f"CAST(? AS {'DECIMAL(65,0)' if wide else 'SIGNED'})",
        text="CAST({} AS CHAR(66))",
        lowest=lowest,
    )
