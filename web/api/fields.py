"""The fields of bodies and queries as they are read; everything that is wrong is named at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from web.api.problems import FieldError, bad_request

# No body of the API is nested deeper than four.
MOST_DEPTH = 16
LONGEST_TEXT = 1_000
# No database writes a cursor value that is longer.
LONGEST_POSITION = 64


class Fields:
    """The fields of a JSON object as they are read; what is wrong is gathered, not raised."""

    def __init__(self, raw: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        self._raw = raw
        self.errors: list[FieldError] = []
        for name in raw:
            if name not in allowed:
                close = get_close_matches(name, allowed, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(allowed)}"
                self.bad(name, f"is not known; {hint}")

    def bad(self, field: str, message: str) -> None:
        self.errors.append(FieldError(field=field, message=message))

    def has(self, name: str) -> bool:
        return self._raw.get(name) is not None

    def raw(self, name: str) -> Any:
        return self._raw.get(name)

    def text(self, name: str, *, needed: bool = False, most: int = LONGEST_TEXT) -> str | None:
        value = self._raw.get(name)
        if value is None:
            if needed:
                self.bad(name, "is needed")
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            self.bad(name, f"must be a text of 1 to {most} characters")
            return None
        return value.strip()

    def position(self, name: str, *, needed: bool = False) -> str | None:
        """Read a cursor value: a text, or a whole number for an integer cursor."""
        value = self._raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) < 10**LONGEST_POSITION:
                return str(value)
            self.bad(name, f"must have at most {LONGEST_POSITION} digits")
            return None
        return self.text(name, needed=needed, most=LONGEST_POSITION)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._raw.get(name, default)
        if value not in allowed:
            self.bad(name, f"must be one of {', '.join(allowed)}")
            return default
        return cast("str", value)

    def flag(self, name: str) -> bool:
        value = self._raw.get(name, False)
        if not isinstance(value, bool):
            self.bad(name, "must be true or false")
            return False
        return value

    def number(self, name: str, default: int, most: int) -> int:
        value = self._raw.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.bad(name, f"must be a whole number from 1 to {most}")
            return default
        return value

    def texts(self, name: str, most: int) -> tuple[str, ...] | None:
        value = self._raw.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not value or len(cast("list[Any]", value)) > most:
            self.bad(name, f"must be a list of 1 to {most} names, each source/schema.table")
            return None
        found: list[str] = []
        for number, item in enumerate(cast("list[Any]", value)):
            if isinstance(item, str):
                found.append(item)
            else:
                self.bad(f"{name}[{number}]", "must be a text: source/schema.table")
        return tuple(dict.fromkeys(found))

    def table(self, field: str, name: str, known: list[str]) -> None:
        """Note that there is no table of a name."""
        if name in known:
            return
        close = get_close_matches(name[:LONGEST_TEXT], known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        self.bad(field, f"there is no table {name!r}{hint}")

    def check(self) -> None:
        """Raise a problem with everything that was found."""
        if self.errors:
            raise bad_request(*self.errors)


def read_object(content: bytes) -> Mapping[str, Any]:
    """Read a JSON object; an empty body is an empty object.

    A field that is there twice could mean either, and `NaN` is no JSON: both are refused.
    """
    if not content.strip():
        return {}
    try:
        raw: Any = json.loads(content, object_pairs_hook=_once, parse_constant=_no_number)
        # Half a surrogate pair can be written in JSON, but neither stored nor sent back.
        json.dumps(raw, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request(FieldError(field="body", message="is not JSON in UTF-8")) from None
    if not isinstance(raw, dict):
        raise bad_request(FieldError(field="body", message="must be a JSON object: {…}"))
    if _is_deeper(raw, MOST_DEPTH):
        message = f"is nested deeper than {MOST_DEPTH}"
        raise bad_request(FieldError(field="body", message=message))
    return cast("dict[str, Any]", raw)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise bad_request(FieldError(field=twice[:LONGEST_TEXT], message="is there twice"))
    return found


def _no_number(_text: str) -> Any:
    raise ValueError


def _is_deeper(raw: object, depth: int) -> bool:
    """Whether objects and lists are nested deeper than `depth`, which is looked at level by level."""
    level: list[Any] = [raw]
    for _ in range(depth):
        level = [inner for value in level for inner in _inside(value)]
    return any(isinstance(value, dict | list) for value in level)


def _inside(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()
