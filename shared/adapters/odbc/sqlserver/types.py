"""Decides how each SQL Server type is read and lands: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from shared.adapters.odbc.dialect import Landing
from shared.loading.errors import TypeUnsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A type as sys.columns describes it, alias types already replaced by what they are made of.

    `length` is in bytes, -1 for `max`.
    """

    name: str
    length: int
    precision: int
    scale: int

    @property
    def characters(self) -> int:
        """The length in characters of a type that counts in UTF-16 units, -1 for `max`."""
        return self.length if self.length < 0 else self.length // 2

    @property
    def full_name(self) -> str:
        """The type as one would declare it."""
        match self.name:
            case "char" | "varchar" | "binary" | "varbinary":
                return f"{self.name}({_or_max(self.length)})"
            case "nchar" | "nvarchar":
                return f"{self.name}({_or_max(self.characters)})"
            case "decimal" | "numeric":
                return f"{self.name}({self.precision},{self.scale})"
            case "time" | "datetime2" | "datetimeoffset":
                return f"{self.name}({self.scale})"
            case "timestamp":
                # The older name says something else everywhere but here.
                return "rowversion"
            case _:
                return self.name


# Dates and times up to microseconds travel as numbers: drivers and clients differ in how they
# describe, write and read them, and not in whole numbers.
_DAYS = "CONVERT(bigint, DATEDIFF(day, CONVERT(date, '19700101'), {}))"
_MICROSECONDS = "DATEDIFF_BIG(microsecond, CONVERT(datetime2(6), '19700101'), {})"
_MICROSECONDS_OF_DAY = "DATEDIFF_BIG(microsecond, CONVERT(time(6), '00:00:00'), {})"
_FRACTION_DIGITS = 6
_MOST_CHARACTERS = 4000


def _number(lands: pa.DataType, expression: str) -> Landing:
    return Landing(wire=pa.int64(), lands=lands, expression=expression)


# Where a CONVERT stands, it gives a type that every client reads alike and that holds every value:
# tinyint has no sign, and drivers write money by rules of their own. As a datetime2(3), a datetime
# has the very milliseconds that the server displays it with.
_FIXED: Mapping[str, Landing] = {
    "bit": Landing(wire=pa.bool_(), lands=pa.bool_()),
    "tinyint": Landing(wire=pa.int16(), lands=pa.int16(), expression="CONVERT(smallint, {})"),
    "smallint": Landing(wire=pa.int16(), lands=pa.int16()),
    "int": Landing(wire=pa.int32(), lands=pa.int32()),
    "bigint": Landing(wire=pa.int64(), lands=pa.int64()),
    "real": Landing(wire=pa.float64(), lands=pa.float32(), expression="CONVERT(float, {})"),
    "float": Landing(wire=pa.float64(), lands=pa.float64()),
    "money": Landing(
        wire=pa.decimal128(19, 4),
        lands=pa.decimal128(19, 4),
        expression="CONVERT(decimal(19, 4), {})",
    ),
    "smallmoney": Landing(
        wire=pa.decimal128(10, 4),
        lands=pa.decimal128(10, 4),
        expression="CONVERT(decimal(10, 4), {})",
    ),
    "date": _number(pa.date32(), _DAYS),
    "smalldatetime": _number(pa.timestamp("us"), _MICROSECONDS),
    "datetime": _number(
        pa.timestamp("us"), _MICROSECONDS.replace("{}", "CONVERT(datetime2(3), {})")
    ),
    "timestamp": Landing(wire=pa.binary(), lands=pa.binary(), expression="CONVERT(binary(8), {})"),
    "uniqueidentifier": Landing(
        wire=pa.string(), lands=pa.string(), expression="LOWER(CONVERT(char(36), {}))"
    ),
    "image": Landing(
        wire=pa.binary(),
        lands=pa.binary(),
        expression="CONVERT(varbinary(max), {})",
        bounded=False,
    ),
}

_REFUSED: Mapping[str, str] = {
    "sql_variant": "its values have no common type; cast it in a view",
    "geometry": "its text rounds; read {0}.STAsBinary() and {0}.STSrid through a view",
    "geography": "its text rounds; read {0}.STAsBinary() and {0}.STSrid through a view",
    "vector": "its text rounds; cast it in a view",
}


def find_landing(column: str, source: SourceType) -> Landing:
    """Decide how a column is read and lands.

    Raises:
        TypeUnsupported: no exact form of the type's values is known. Names the column.
    """
    if source.name in _FIXED:
        return _FIXED[source.name]
    if source.name in _BY_SIZE:
        return _BY_SIZE[source.name](source)
    reason = _REFUSED.get(source.name, "no exact form of its values is known").format(column)
    raise TypeUnsupported(f"column {column}: {source.full_name} cannot be read: {reason}")


def _decimal(source: SourceType) -> Landing:
    exact = pa.decimal128(source.precision, source.scale)
    return Landing(wire=exact, lands=exact)


def _binary(source: SourceType) -> Landing:
    return Landing(wire=pa.binary(), lands=pa.binary(), bounded=source.length > 0)


def _text(source: SourceType) -> Landing:
    """Read text as the bytes of its UTF-16, which no client's locale has a say in.

    Fetched as characters it is converted by the driver, to a code page that the process' locale
    names ("Programming Guidelines" of the ODBC driver on Linux): what that lacks becomes a question
    mark, and half a surrogate pair U+FFFD. The server knows the code page of each column better
    than the client's iconv does, so that a `varchar` becomes UTF-16 there.
    """
    wide = source.name in ("nchar", "nvarchar", "ntext", "sysname")
    length = source.characters if wide else source.length
    if source.name in ("text", "ntext", "xml", "json") or not 0 < length <= _MOST_CHARACTERS:
        inner = "{}" if source.name != "text" else "CONVERT(varchar(max), {})"
        # A nvarchar(max) is converted to itself, which costs nothing.
        return _utf16(f"CONVERT(varbinary(max), CONVERT(nvarchar(max), {inner}))", bounded=False)
    inner = "{}" if wide else f"CONVERT(nvarchar({length}), {{}})"
    return _utf16(f"CONVERT(varbinary({2 * length}), {inner})")


def _hierarchy(_source: SourceType) -> Landing:
    # Its canonical text: "ToString (Database Engine)".
    return _utf16("CONVERT(varbinary(8000), CONVERT(nvarchar(4000), {}))")


def _utf16(expression: str, *, bounded: bool = True) -> Landing:
    return Landing(
        wire=pa.binary(), lands=pa.string(), expression=expression, bounded=bounded, utf16=True
    )


def _time(source: SourceType) -> Landing:
    if source.scale > _FRACTION_DIGITS:
        return _spelled("CONVERT(varchar(16), {}, 121)")
    return _number(pa.time64("us"), _MICROSECONDS_OF_DAY)


def _datetime2(source: SourceType) -> Landing:
    if source.scale > _FRACTION_DIGITS:
        # In nanoseconds 64 bits hold the years 1677 to 2262 only, and Spark does not read them.
        return _spelled("CONVERT(varchar(27), {}, 121)")
    return _number(pa.timestamp("us"), _MICROSECONDS)


def _datetimeoffset(_source: SourceType) -> Landing:
    # With its offset, which is part of the value and which a timestamp in UTC would lose.
    return _spelled("CONVERT(varchar(34), {}, 121)")


def _spelled(expression: str) -> Landing:
    """Read a text of ASCII characters, which every code page has."""
    return Landing(wire=pa.string(), lands=pa.string(), expression=expression)


_BY_SIZE: Mapping[str, Callable[[SourceType], Landing]] = {
    "decimal": _decimal,
    "numeric": _decimal,
    "binary": _binary,
    "varbinary": _binary,
    "char": _text,
    "varchar": _text,
    "nchar": _text,
    "nvarchar": _text,
    "sysname": _text,
    "text": _text,
    "ntext": _text,
    "xml": _text,
    "json": _text,
    "hierarchyid": _hierarchy,
    "time": _time,
    "datetime2": _datetime2,
    "datetimeoffset": _datetimeoffset,
}


def _or_max(length: int) -> str:
    return "max" if length < 0 else str(length)
