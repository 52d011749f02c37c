"""The kinds of value that stand under the keys of the table files."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

import yaml

from shared.catalog.document import Node
from shared.catalog.place import Place, Unread
from shared.catalog.section import STRING, Shape, describe, read_pairs, suggest

T = TypeVar("T")
W = TypeVar("W", bound=str)

_BOOLEAN = "tag:yaml.org,2002:bool"
_INTEGER = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"


def read_text(node: Node, place: Place, *, hint: str = "write text") -> str:
    """Give text as it stands.

    Raises:
        Unread: YAML takes it for something else, or it is empty, padded or unprintable.
    """
    if not isinstance(node, yaml.ScalarNode) or node.tag != STRING:
        raise place.refusal(f"is {describe(node)}; {hint}")
    if not node.value or node.value != node.value.strip():
        raise place.refusal(f"is empty or has spaces around it; {hint}")
    if not node.value.isprintable():
        raise place.refusal(f"holds a control character or a line break; {hint}")
    return node.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Shape[T], Generic[T]):
    """Text that `parse` understands. `hint` says what to write; `pattern` tells editors."""

    parse: Callable[[str], T]
    hint: str
    pattern: str | None = None

    def read(self, node: Node, place: Place) -> T:
        if node.tag in (_BOOLEAN, _INTEGER, _FLOAT) and self._understands(node.value):
            raise place.refusal(f'is {describe(node)}; if text is meant, quote it: "{node.value}"')
        text = read_text(node, place, hint=self.hint)
        try:
            return self.parse(text)
        except ValueError as error:
            raise place.refusal(str(error)) from error

    def schema(self) -> dict[str, Any]:
        return {"type": "string"} | ({"pattern": self.pattern} if self.pattern else {})

    def _understands(self, text: str) -> bool:
        try:
            self.parse(text)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Shape[str | None]):
    """Text of one or several lines, without what stands around it. `hint` says what to write."""

    hint: str

    def read(self, node: Node, place: Place) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != STRING:
            raise place.refusal(f"is {describe(node)}; {self.hint}")
        text = node.value.strip()
        if not text:
            raise place.refusal(f"is empty; {self.hint}")
        if not all(line.isprintable() for line in text.expandtabs().splitlines()):
            raise place.refusal(f"holds a control character; {self.hint}")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class Word(Shape[W], Generic[W]):
    """One of a few fixed words."""

    words: tuple[W, ...]

    def read(self, node: Node, place: Place) -> W:
        text = read_text(node, place, hint=f"write one of {', '.join(self.words)}")
        for word in self.words:
            if word == text:
                return word
        close = get_close_matches(text.lower(), self.words, n=1)
        raise place.refusal(f'"{text}" is not known here; {suggest(close, list(self.words))}')

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Shape[int]):
    """A whole number from 1 to `most`, in plain digits."""

    most: int

    def read(self, node: Node, place: Place) -> int:
        hint = f"write a whole number from 1 to {self.most} in plain digits, without quotes"
        if not isinstance(node, yaml.ScalarNode) or node.tag != _INTEGER:
            raise place.refusal(f"is {describe(node)}; {hint}")
        # YAML reads 010, 0x10 and 1:30 as integers too, each differently from what most expect.
        plain = re.fullmatch(r"[1-9][0-9]{0,17}", node.value)
        if plain is None or int(node.value) > self.most:
            raise place.refusal(f"is {node.value}; {hint}")
        return int(node.value)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Flag(Shape[bool]):
    """`true` or `false`, in no other spelling."""

    def read(self, node: Node, place: Place) -> bool:
        if node.tag == _BOOLEAN and node.value in ("true", "false"):
            return bool(node.value == "true")
        found = node.value if node.tag == _BOOLEAN else describe(node)
        raise place.refusal(f"is {found}; write true or false")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Shape[tuple[T, ...]], Generic[T]):
    """A list. `distinct` refuses an item that stands in it already."""

    of: Shape[T]
    hint: str
    least: int = 0
    distinct: bool = False

    def read(self, node: Node, place: Place) -> tuple[T, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise place.refusal(f"is {describe(node)}; write a list: {self.hint}")
        if len(node.value) < self.least:
            raise place.refusal(f"is empty; write at least one: {self.hint}")
        items: list[T] = []
        seen: set[T] = set()
        for number, child in enumerate(node.value):
            at = place.item(number, child.start_mark.line + 1)
            with suppress(Unread):
                item = self.of.read(child, at)
                items.append(item)
                if self.distinct and item in seen:
                    at.report(f'"{item}" is in the list already; keep one')
                elif self.distinct:
                    seen.add(item)
        if len(items) < len(node.value):
            raise Unread
        return tuple(items)

    def schema(self) -> dict[str, Any]:
        limits: dict[str, Any] = {"minItems": self.least} if self.least else {}
        if self.distinct:
            limits["uniqueItems"] = True
        return {"type": "array", "items": self.of.schema()} | limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Shape[tuple[tuple[str, T], ...]], Generic[T]):
    """A mapping whose keys are names of the source's own."""

    of: Shape[T]

    def read(self, node: Node, place: Place) -> tuple[tuple[str, T], ...]:
        written = read_pairs(node, place)
        pairs: list[tuple[str, T]] = []
        for name, value, at in written:
            with suppress(Unread):
                pairs.append((name, self.of.read(value, at)))
        if len(pairs) < len(written):
            raise Unread
        return tuple(pairs)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.of.schema()}
