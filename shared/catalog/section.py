"""Mappings of the table files: which keys they have, and what was written under them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeVar, cast

import yaml

from shared.catalog.document import Node
from shared.catalog.place import Place, Unread

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

STRING = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


class Shape(Protocol[T_co]):
    """What may stand under a key: reads it from YAML, and describes it for editors."""

    def read(self, node: Node, place: Place) -> T_co:
        """Give the value. Raises Unread once the problem with it is reported."""
        ...

    def schema(self) -> dict[str, Any]:
        """Describe it as JSON Schema."""
        ...


class Absent(Enum):
    """What it means that a key without a default value is not written."""

    REQUIRED = "the file is wrong"
    EMPTY = "the same as an empty mapping"


REQUIRED: Final = Absent.REQUIRED
EMPTY: Final = Absent.EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Generic[T]):
    """One key of a mapping. `example` is told to whoever leaves out a required key.

    `shown` is the default as a file would write it, where that differs from the value.
    """

    name: str
    shape: Shape[T]
    meaning: str
    default: T | Absent = REQUIRED
    example: str = ""
    shown: str | None = None

    @property
    def required(self) -> bool:
        """Whether a file is wrong without the key."""
        return self.default is REQUIRED

    def schema(self) -> dict[str, Any]:
        """Describe the key as JSON Schema, its meaning and default included."""
        described = {"description": self.meaning} | self.shape.schema()
        shown = self.default if self.shown is None else self.shown
        return described | ({"default": shown} if isinstance(shown, str | int) else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a file says in one mapping. A value that could not be read raises Unread when asked for.

    `defaults` is the mapping that stands in for keys not written here.
    """

    place: Place
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    places: Mapping[str, Place] = field(default_factory=dict[str, Place])
    defaults: "Fields | None" = None

    def __getitem__(self, key: Field[T]) -> T:
        if key.name in self.values:
            return cast("T", self.values[key.name])
        if key.name in self.places:
            raise Unread
        if self.defaults:
            return self.defaults[key]
        match key.default:
            case Absent.REQUIRED:
                raise Unread
            case Absent.EMPTY:
                return cast("T", Fields(place=self.place.key(key.name)))
            case default:
                return default

    def wrote(self, key: Field[Any]) -> bool:
        """Say whether the key stands in this very mapping."""
        return key.name in self.places

    def says(self, key: Field[Any]) -> bool:
        """Say whether the key stands in this mapping or in its defaults."""
        return self.wrote(key) or (self.defaults is not None and self.defaults.says(key))

    def at(self, key: Field[Any]) -> Place:
        """Give the place of a key: where it is written, else where it would be."""
        if key.name in self.places:
            return self.places[key.name]
        if self.defaults and self.defaults.wrote(key):
            return self.defaults.at(key)
        return self.place.key(key.name)

    def over(self, defaults: "Fields") -> "Fields":
        """Give the same mapping with defaults beneath it. A key written here replaces all of it."""
        return replace(self, defaults=defaults)


@dataclass(frozen=True, slots=True)
class Section(Shape[Fields]):
    """A mapping with known keys."""

    keys: tuple[Field[Any], ...]

    def read(self, node: Node, place: Place) -> Fields:
        """Read every known key, and report unknown, repeated, missing and unreadable ones."""
        values: dict[str, object] = {}
        places: dict[str, Place] = {}
        meant: dict[str, Place] = {}
        known = {key.name: key for key in self.keys}
        for name, value, at in read_pairs(node, place):
            if name not in known:
                close = get_close_matches(name.lower(), known, n=1)
                at.report(f"is not a known key; {suggest(close, list(known))}")
                meant |= dict.fromkeys(close, at)
                continue
            places[name] = at
            try:
                values[name] = known[name].shape.read(value, at)
            except Unread:
                continue
        # A misspelt key is one problem: what was meant counts as written, but could not be read.
        places = meant | places
        for key in self.keys:
            if key.required and key.name not in places:
                place.key(key.name).report(f"is missing; write {key.example}")
        return Fields(place=place, values=values, places=places)

    def schema(self) -> dict[str, Any]:
        """Describe the keys; others are not allowed."""
        described: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key.name: key.schema() for key in self.keys},
        }
        required = [key.name for key in self.keys if key.required]
        return described | ({"required": required} if required else {})


def suggest(close: list[str], known: list[str]) -> str:
    """Say what to write instead: the closest known word, or all of them."""
    return f'did you mean "{close[0]}"?' if close else f"write one of {', '.join(known)}"


def read_pairs(node: Node, place: Place) -> list[tuple[str, Node, Place]]:
    """Give the keys of a mapping with their values and places; report those that cannot be keys.

    Raises:
        Unread: it is not a mapping.
    """
    if not isinstance(node, yaml.MappingNode):
        raise place.refusal(f"must be a mapping of keys and values, not {describe(node)}")
    pairs: dict[str, tuple[str, Node, Place]] = {}
    for key, value in cast("list[tuple[Node, Node]]", node.value):
        line = place.line if key.start_mark is None else key.start_mark.line + 1
        if key.tag == _MERGE:
            place.key("<<", line).report("is not read; write the keys out, or use `defaults`")
        elif key.tag != STRING:
            place.key("?", line).report(f"the key must be text, not {describe(key)}; quote it")
        elif not key.value or key.value != key.value.strip() or not key.value.isprintable():
            place.key("?", line).report("the key is empty, padded or unprintable; write a name")
        elif key.value in pairs:
            first = pairs[key.value][2].line
            place.key(key.value, line).report(f"is written twice, first in line {first}; keep one")
        else:
            pairs[key.value] = (key.value, value, place.key(key.value, line))
    return list(pairs.values())


def describe(node: Node) -> str:
    """Name the kind of a YAML value, never the value itself."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    kinds = {"str": "text", "int": "a number", "float": "a number", "bool": "a truth value"}
    kinds |= {"null": "empty", "timestamp": "a date"}
    return kinds.get(node.tag.removeprefix("tag:yaml.org,2002:"), "a value with a tag of its own")
