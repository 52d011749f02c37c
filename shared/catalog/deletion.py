"""The value of `deletes`: a word, or a mapping with the one thing that the way needs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import yaml

from shared.catalog import duration
from shared.catalog.document import Node
from shared.catalog.place import Place, Unread
from shared.catalog.section import Field, Section, Shape
from shared.catalog.shapes import Text, read_text
from shared.catalog.spec import DeleteSpec

_FORMS = "write none, {soft: is_deleted}, {reconcile: 1d} or change_tracking"


def _parse_interval(text: str) -> timedelta:
    every = duration.parse_duration(text)
    if not every:
        raise ValueError("cannot happen every 0 seconds; write 1d for once a day")
    return every


SOFT: Field[str | None] = Field(
    name="soft",
    shape=Text(parse=str, hint="write the column that marks deleted rows: {soft: is_deleted}"),
    meaning="Column that is set where the source counts a row as deleted.",
    default=None,
)
RECONCILE: Field[timedelta | None] = Field(
    name="reconcile",
    shape=Text(
        parse=_parse_interval,
        hint="write how often, with its unit: {reconcile: 1d}",
        pattern=duration.PATTERN,
    ),
    meaning="How often all keys are compared with the source.",
    default=None,
)
_MAPPING = Section((SOFT, RECONCILE))


@dataclass(frozen=True, slots=True)
class Deletion(Shape[DeleteSpec]):
    """`none`, `change_tracking`, `{soft: column}` or `{reconcile: duration}`."""

    def read(self, node: Node, place: Place) -> DeleteSpec:
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, place)
        match read_text(node, place, hint=_FORMS):
            case "none":
                return DeleteSpec(how="none")
            case "change_tracking":
                return DeleteSpec(how="change_tracking")
            case "soft":
                raise place.refusal("soft needs its column; write {soft: is_deleted}")
            case "reconcile":
                raise place.refusal("reconcile needs its interval; write {reconcile: 1d}")
            case other:
                raise place.refusal(f'"{other}" is not known here; {_FORMS}')

    def schema(self) -> dict[str, Any]:
        one_way = _MAPPING.schema() | {"minProperties": 1, "maxProperties": 1}
        return {"anyOf": [{"enum": ["none", "change_tracking"]}, one_way]}

    def _read_mapping(self, node: Node, place: Place) -> DeleteSpec:
        before = len(place.problems)
        fields = _MAPPING.read(node, place)
        ways = [way for way in (SOFT, RECONCILE) if fields.wrote(way)]
        if len(ways) != 1 and len(place.problems) == before:
            place.report(f"names {len(ways) or 'no'} ways at once; {_FORMS}")
        if len(ways) != 1:
            raise Unread
        if ways == [SOFT]:
            return DeleteSpec(how="soft", column=fields[SOFT])
        return DeleteSpec(how="reconcile", every=fields[RECONCILE])
