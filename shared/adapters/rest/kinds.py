"""The types of columns: how they are found out from values, and how values land, exactly or not at all.

| Type | Holds | Lands as |
|---|---|---|
| `boolean` | true, false | bool |
| `integer` | whole numbers of 64 bits | int64 |
| `number` | any with 20 digits before and 18 behind the point | decimal128(38, 18) |
| `decimal(p,s)` | those that fit it | decimal128(p, s) |
| `double` | numbers, as the nearest double | double |
| `text` | texts; declared, also numbers as they were written | string |
| `json` | anything, as compact JSON | string |
| `date` | 2026-01-31 | date32 |
| `timestamp`, `timestamptz` | ISO 8601 to the microsecond, without and with a zone | timestamp |
| `instant` | ISO 8601 with a zone, to the nanosecond, as it was written | string |
| `unix`, `unix_ms` | seconds or milliseconds since 1970 | timestamp with a zone |
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportArgumentType=false, reportCallIssue=false

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import pyarrow as pa

from shared.adapters.rest.documents import write_document
from shared.loading.cursor import DAY, SECOND, cursor_type, names_zone
from shared.loading.errors import CursorUnsound

JSON, TEXT = "json", "text"
_MICROSECOND = SECOND // 1_000_000
_INT64 = range(-(2**63), 2**63)
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_NUMBER = "decimal(38,18)"
_WIDE = "decimal(38,0)"
_DAY_TEXT = re.compile(r"\d{4}-\d\d-\d\d")
_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
_INSTANT = cursor_type("timestamp", resolution="0.000000001", zoned=True)
_LANDS = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.decimal128(38, 18),
    "double": pa.float64(),
    "text": pa.string(),
    "json": pa.string(),
    "instant": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "unix": pa.timestamp("us", "UTC"),
    "unix_ms": pa.timestamp("us", "UTC"),
}


class Misfit(Exception):
    """A value is not of its column's type; `at` is its index. The message does not repeat it."""

    def __init__(self, at: int, what: str, *, exact: bool = True) -> None:
        super().__init__(what)
        self.at = at
        # Whether the value is of another type, or of this one and beyond what can land exactly.
        self.of_another_type = exact


def lands_as(kind: str) -> pa.DataType:
    """Give the type that a column of this type lands with."""
    decimal = _DECIMAL.fullmatch(kind)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _LANDS[kind]


def infer(values: Iterable[Any]) -> str | None:
    """Give the narrowest type that holds all values; None if all are null."""
    found: str | None = None
    for value in values:
        kind = _kind_of(value)
        if kind is not None:
            found = kind if found is None else joined(found, kind)
    return found


def joined(one: str, other: str) -> str:
    """Give the narrowest type that holds the values of both, which `json` does of all."""
    pair = {one, other}
    if len(pair) == 1:
        return one
    if pair == {"integer", "number"}:
        return "number"
    if pair == {"integer", _WIDE}:
        return _WIDE
    return JSON


def infer_cursor(kind: str, values: Sequence[Any]) -> str:
    """Give the type of a cursor column of a watermark's kind.

    Raises:
        CursorUnsound: its values are not of the kind.
    """
    known = [value for value in values if value is not None]
    if kind == "integer":
        if any(_kind_of(value) != "integer" for value in known):
            raise CursorUnsound("the cursor's values are not whole numbers")
        return "integer"
    if not all(isinstance(value, str) for value in known):
        raise CursorUnsound(
            "the cursor's values are no texts; if they are seconds or milliseconds since 1970, declare "
            "it under `types` as unix or unix_ms"
        )
    if kind == "date":
        return "date"
    zoned = [names_zone(value) for value in known]
    if any(zoned) != all(zoned):
        raise CursorUnsound("some of the cursor's values have a time zone and some have none")
    if any(_INSTANT.parse(value) % _MICROSECOND for value in known):
        if not all(zoned):
            raise CursorUnsound("the cursor's values have more than six digits and no time zone")
        return "instant"
    return "timestamptz" if all(zoned) else "timestamp"


def convert(kind: str, values: Sequence[Any]) -> pa.Array:
    """Bring values, as a document holds them, to what lands. Raises Misfit."""
    lands, cast = lands_as(kind), _casts(kind)
    brought: list[Any] = []
    for at, value in enumerate(values):
        if value is None:
            brought.append(None)
            continue
        try:
            brought.append(cast(value))
        except _Unexact as error:
            raise Misfit(at, str(error), exact=False) from None
        except (TypeError, CursorUnsound, InvalidOperation, Inexact):
            raise Misfit(at, f"{name_of(value)} is no {kind}") from None
    try:
        if pa.types.is_timestamp(lands):
            return pa.array(brought, pa.int64()).cast(lands)
        if pa.types.is_date32(lands):
            return pa.array(brought, pa.int32()).cast(lands)
        return pa.array(brought, lands)
    except (UnicodeEncodeError, pa.ArrowInvalid, OverflowError):
        raise Misfit(0, f"a value of the page cannot be written as {kind}", exact=False) from None


def name_of(value: Any) -> str:
    """Name the type of a value of a document."""
    match value:
        case bool():
            return "a truth value"
        case str():
            return "a text"
        case int():
            return "a whole number"
        case Decimal():
            return "a number"
        case _:
            return "an object" if isinstance(value, dict) else "a list"


class _Unexact(Exception):
    """A value is of the type and cannot land exactly."""


def _kind_of(value: Any) -> str | None:
    match value:
        case None:
            kind = None
        case bool():
            kind = "boolean"
        case str():
            kind = TEXT
        case int() if value in _INT64:
            kind = "integer"
        case int() if _fits(Decimal(value), 38, 0):
            kind = _WIDE
        case Decimal() if _fits(value, 38, 18):
            kind = "number"
        case _:
            kind = JSON
    return kind


def _fits(value: Decimal, precision: int, scale: int) -> bool:
    try:
        _scaled(value, precision, scale)
    except _Unexact:
        return False
    return True


def _scaled(value: Decimal, precision: int, scale: int) -> Decimal:
    try:
        exact = value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    except (InvalidOperation, Inexact):
        raise _Unexact(f"a number has more digits than decimal({precision},{scale})") from None
    if len(exact.as_tuple().digits) > precision:
        raise _Unexact(f"a number has more digits than decimal({precision},{scale})")
    return exact


def _casts(kind: str) -> Callable[[Any], Any]:
    decimal = _DECIMAL.fullmatch(_NUMBER if kind == "number" else kind)
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        return lambda value: _scaled(_number(value), precision, scale)
    return {
        "boolean": _boolean,
        "integer": _integer,
        "double": lambda value: float(_number(value)),
        "text": _plain_text,
        "json": write_document,
        "instant": _instant,
        "date": _day,
        "timestamp": lambda value: _microseconds(value, zoned=False),
        "timestamptz": lambda value: _microseconds(value, zoned=True),
        "unix": lambda value: _since_1970(value, 1_000_000),
        "unix_ms": lambda value: _since_1970(value, 1_000),
    }[kind]


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError
    return Decimal(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _integer(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise TypeError
    if int(number) not in _INT64:
        raise _Unexact("a whole number has more than 64 bits")
    return int(number)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TypeError
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _instant(value: Any) -> str:
    text = _text(value)
    _INSTANT.parse(text)
    if not names_zone(text):
        raise TypeError
    return text


def _day(value: Any) -> int:
    text = _text(value)
    if _DAY_TEXT.fullmatch(text) is None:
        raise TypeError
    return _INSTANT.parse(text) // DAY


def _microseconds(value: Any, *, zoned: bool) -> int:
    text = _text(value)
    count, rest = divmod(_INSTANT.parse(text), _MICROSECOND)
    if names_zone(text) != zoned:
        raise TypeError
    if rest:
        raise _Unexact("a time has more than six digits; declare the column as instant or text")
    return count


def _since_1970(value: Any, microseconds: int) -> int:
    count = _number(value) * microseconds
    if count != count.to_integral_value():
        raise _Unexact("a time has more than six digits of a second")
    return int(count)
