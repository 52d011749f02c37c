"""One value of a JSON file that remembers where it stands, so that every refusal names the place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from cli.migration.errors import InputUnreadable

MOST_BYTES = 16 * 1024 * 1024
DEEPEST = 100
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# What hand-written files hold where JSON wants something else, by what the parser says of it.
_HINTS = {
    "Expecting property name enclosed in double quotes": "; names stand in double quotes, and the "
    "last one is followed by no comma",
    "Expecting ',' delimiter": "; a comma is missing, or another sign stands in its place",
    "Expecting value": "; a value is missing, or a comma stands after the last one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value and its place: `path` leads to it from the root of `file`, indices from 0."""

    file: str
    path: str
    value: object

    def refuse(self, fault: str) -> NoReturn:
        """Raise InputUnreadable for this place."""
        raise InputUnreadable(self.file, self.path, fault)

    @property
    def is_list(self) -> bool:
        """Whether it is an array."""
        return isinstance(self.value, list)

    @property
    def is_object(self) -> bool:
        """Whether it is an object."""
        return isinstance(self.value, dict)

    def items(self) -> tuple[Node, ...]:
        """Give the values of an array. Raises InputUnreadable if it is something else."""
        if not isinstance(self.value, list):
            self.refuse(f"is {_kind(self.value)}; an array is wanted here")
        values = cast("list[object]", self.value)
        return tuple(
            Node(file=self.file, path=f"{self.path}[{number}]", value=value)
            for number, value in enumerate(values)
        )

    def fields(self) -> dict[str, Node]:
        """Give the values of an object by name. Raises InputUnreadable if it is something else."""
        if not isinstance(self.value, dict):
            self.refuse(f"is {_kind(self.value)}; an object is wanted here")
        values = cast("dict[str, object]", self.value)
        return {
            name: Node(file=self.file, path=_join(self.path, name), value=value)
            for name, value in values.items()
        }

    def text(self) -> str:
        """Give a text without blanks around it. Raises InputUnreadable if it is something else."""
        if not isinstance(self.value, str):
            self.refuse(f"is {_kind(self.value)}; a text is wanted here")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            self.refuse("holds half of a surrogate pair; correct the text")
        return self.value.strip()


def read_json(path: Path) -> Node:
    """Read a file that holds one JSON value, in UTF-8 or with the mark of UTF-16.

    Raises:
        InputUnreadable: the file cannot be read or is not JSON; the line is named.
    """
    return _parse(str(path), _read_text(path), line=1)


def read_json_rows(path: Path) -> tuple[Node, ...]:
    """Read the rows of a file as Data Factory writes them: an array, or one object a line.

    Raises:
        InputUnreadable: as `read_json`.
    """
    file, text = str(path), _read_text(path)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") for _, line in lines):
        return tuple(_parse(file, line, line=number) for number, line in lines)
    whole = _parse(file, text, line=1)
    return whole.items() if whole.is_list else (whole,)


def _read_text(path: Path) -> str:
    file = str(path)
    try:
        with path.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputUnreadable(file, "", f"cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise InputUnreadable(file, "", f"is larger than {MOST_BYTES} bytes; name another file")
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputUnreadable(file, "", "is not UTF-8 text; save it as UTF-8") from error


def _parse(file: str, text: str, *, line: int) -> Node:
    def number(digits: str) -> int:
        try:
            return int(digits)
        except ValueError:
            raise InputUnreadable(file, "", f"holds a number of {len(digits)} digits") from None

    def fail(word: str) -> NoReturn:
        raise InputUnreadable(file, "", f"holds {word}, which is not JSON; write a number")

    try:
        value: object = json.loads(
            text, parse_int=number, parse_constant=fail, object_pairs_hook=_distinct(file)
        )
    except json.JSONDecodeError as error:
        place = f"line {line + error.lineno - 1}, column {error.colno}"
        hint = _HINTS.get(error.msg, "")
        raise InputUnreadable(file, place, f"is not JSON: {error.msg}{hint}") from error
    except RecursionError as error:
        raise InputUnreadable(file, "", f"is nested more than {DEEPEST} deep") from error
    if _depth(value) > DEEPEST:
        raise InputUnreadable(file, "", f"is nested more than {DEEPEST} deep")
    return Node(file=file, path="", value=value)


def _distinct(file: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for name, value in pairs:
            if name in built:
                fault = f"writes {json.dumps(name)} twice in one object; keep one of the two"
                raise InputUnreadable(file, "", fault)
            built[name] = value
        return built

    return build


def _depth(value: object) -> int:
    """Count levels without recursion, which a hostile file would exhaust."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        level = [child for node in level for child in _children(node)]
    return depth


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def _kind(value: object) -> str:
    kinds = {
        "NoneType": "null",
        "dict": "an object",
        "list": "an array",
        "str": "a text",
        "bool": "true or false",
    }
    return kinds.get(type(value).__name__, "a number")


def _join(path: str, name: str) -> str:
    plain = name.replace("_", "").isalnum()
    return f"{path}[{json.dumps(name)}]" if not plain else f"{path}.{name}" if path else name
