"""Decides how each PostgreSQL type is read and lands: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from shared.loading.errors import CursorUnsound, TypeUnsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A type as the catalog describes it, domains already replaced by what they are made of.

    `name` and `kind` are pg_type's typname and typtype, `modifier` is the atttypmod (-1 for none),
    and `element` is the typname of an array's elements. `builtin` says that the type belongs to
    PostgreSQL itself, so that its name can be trusted. `parts` are the types of PostgreSQL's own that
    it is made of at any depth: of an array, a composite, a range, or a domain.
    """

    name: str
    kind: str
    builtin: bool
    modifier: int = -1
    element: str | None = None
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """How one column travels: the SQL casts that read it, the type on the wire, the type landed."""

    casts: str
    wire: pa.DataType
    lands: pa.DataType


# Read in PostgreSQL's binary form, which ADBC copies into Arrow as it is. Everything else is read
# as the server's own text: numeric and uuid too, because ADBC is slower at them than the server.
_BINARY: Mapping[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "text": pa.string(),
    "varchar": pa.string(),
    "bpchar": pa.string(),
    "name": pa.string(),
    "bytea": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}
# The text of these depends on the search path or the locale, so it is no exact form of the value.
_NO_EXACT_TEXT = frozenset(
    {
        "money",
        "regclass",
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
        "regrole",
        "regtype",
    }
)
_PSEUDO = "p"
_DECIMAL128_DIGITS = 38
_DECIMAL256_DIGITS = 76
_MODIFIER_HEADER = 4
_DEFAULT_FRACTION = 6

_CURSOR_CASTS: Mapping[str, Mapping[str, str]] = {
    "timestamp": {"timestamp": "timestamp", "timestamptz": "timestamptz"},
    "date": {"date": "date"},
    "integer": {"int2": "bigint", "int4": "bigint", "int8": "bigint", "numeric": "numeric"},
}


def find_landing(column: str, source: SourceType) -> Landing:
    """Decide how a column is read and lands.

    Raises:
        TypeUnsupported: no exact form of the type's values is known. Names the column.
    """
    if source.builtin and source.name in _BINARY:
        lands = _BINARY[source.name]
        return Landing(casts="", wire=lands, lands=lands)
    if source.builtin and source.name == "numeric":
        return Landing(casts="::text", wire=pa.string(), lands=_decimal(source.modifier))
    if source.builtin and source.name == "money":
        # The text of money follows the locale; its numeric value is exact.
        return Landing(casts="::numeric::text", wire=pa.string(), lands=pa.string())
    if source.kind == _PSEUDO or {source.name, source.element} & _NO_EXACT_TEXT:
        raise TypeUnsupported(f"column {column}: {_full_name(source)} has no exact text")
    if inexact := source.parts & _NO_EXACT_TEXT:
        raise TypeUnsupported(
            f"column {column}: {_full_name(source)} is made of {min(inexact)}, which has no exact text"
        )
    return Landing(casts="::text", wire=pa.string(), lands=pa.string())


def find_cursor_cast(kind: str, column: str, source: SourceType) -> str:
    """Give the SQL type that bounds of a cursor column are cast to; it never rounds them.

    Raises:
        CursorUnsound: the column's type does not fit the declared kind. Names the column.
    """
    if kind not in _CURSOR_CASTS:
        raise CursorUnsound(
            f"column {column}: PostgreSQL has no {kind}; use timestamp, date, integer or none"
        )
    cast = _CURSOR_CASTS[kind].get(source.name) if source.builtin else None
    if cast is None or (cast == "numeric" and not _holds_integers(source.modifier)):
        raise CursorUnsound(
            f"column {column}: its type {_full_name(source)} does not fit the kind {kind}"
        )
    return cast


_LOWEST = {"int2": str(-(2**15)), "int4": str(-(2**31)), "int8": str(-(2**63))}


def find_resolution(source: SourceType) -> str | None:
    """Give the step of a timestamp type in seconds as a decimal text, None for other types."""
    if source.name not in _CURSOR_CASTS["timestamp"]:
        return None
    digits = _DEFAULT_FRACTION if source.modifier < 0 else source.modifier
    return "0." + "1".rjust(digits, "0") if digits else "1"


def find_zoned(source: SourceType) -> bool | None:
    """Say whether a timestamp type carries a time zone, None for other types."""
    if source.name not in _CURSOR_CASTS["timestamp"]:
        return None
    return source.name == "timestamptz"


def find_lowest(source: SourceType) -> str | None:
    """Give the lowest value that a type of whole numbers can hold, None for other types."""
    if source.name == "numeric" and source.modifier >= 0:
        precision, _ = _digits(source.modifier)
        return f"-{'9' * precision}"
    return _LOWEST.get(source.name)


def _decimal(modifier: int) -> pa.DataType:
    if modifier < 0:
        return pa.string()
    precision, scale = _digits(modifier)
    # numeric(2,-3) holds up to 99000, numeric(3,5) up to 0.00999: Parquet wants
    # 0 <= scale <= precision, so room is made on the side that lacks it.
    precision, scale = max(precision, scale) - min(scale, 0), max(scale, 0)
    if precision <= _DECIMAL128_DIGITS:
        return pa.decimal128(precision, scale)
    if precision <= _DECIMAL256_DIGITS:
        return pa.decimal256(precision, scale)
    return pa.string()


def _holds_integers(modifier: int) -> bool:
    return modifier >= 0 and _digits(modifier)[1] <= 0


def _digits(modifier: int) -> tuple[int, int]:
    """Unpack precision and scale. The scale is a signed number of eleven bits (utils/adt/numeric.c)."""
    packed = modifier - _MODIFIER_HEADER
    return packed >> 16, ((packed & 0x7FF) ^ 0x400) - 0x400


def _full_name(source: SourceType) -> str:
    return f"{source.element}[]" if source.element else source.name
