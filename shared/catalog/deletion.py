"""The value of `deletes`: a word, or a mapping with what the way needs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

import yaml

from shared.catalog import duration
from shared.catalog.document import Node
from shared.catalog.place import Place, Unread
from shared.catalog.section import Field, Section, Shape
from shared.catalog.shapes import Text, Word, read_text
from shared.catalog.spec import Compare, DeleteSpec

_FORMS = "write none, {soft: is_deleted}, {reconcile: 1d} or change_tracking"


def _parse_interval(text: str) -> timedelta:
    every = duration.parse_duration(text)
    if not every:
        raise ValueError("cannot happen every 0 seconds; write 1d for once a day")
    return every


SOFT: Field[str | None] = Field(
    name="soft",
    shape=Text(parse=str, hint="write the column that marks deleted rows: {soft: is_deleted}"),
    meaning="Column that is set where the source counts a row as deleted: true, a time, or a number "
    "other than 0.",
    default=None,
)
RECONCILE: Field[timedelta | None] = Field(
    name="reconcile",
    shape=Text(
        parse=_parse_interval,
        hint="write how often, with its unit: {reconcile: 1d}",
        pattern=duration.PATTERN,
    ),
    meaning="How often the copy is compared with the source and repaired.",
    default=None,
)
COMPARE: Field[Compare] = Field(
    name="compare",
    shape=Word(get_args(Compare)),
    meaning="What is compared: keys alone, or rows by a hash that the source computes too. "
    "Goes with reconcile.",
    default="keys",
)
_MAPPING = Section((SOFT, RECONCILE, COMPARE))


@dataclass(frozen=True, slots=True)
class Deletion(Shape[DeleteSpec]):
    """`none`, `change_tracking`, `{soft: column}` or `{reconcile: duration, compare: keys}`."""

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
        soft = Section((SOFT,)).schema() | {"required": [SOFT.name]}
        reconcile = Section((RECONCILE, COMPARE)).schema() | {"required": [RECONCILE.name]}
        return {"anyOf": [{"enum": ["none", "change_tracking"]}, soft, reconcile]}

    def _read_mapping(self, node: Node, place: Place) -> DeleteSpec:
        before = len(place.problems)
        fields = _MAPPING.read(node, place)
        ways = [way for way in (SOFT, RECONCILE) if fields.wrote(way)]
        if len(ways) != 1 and len(place.problems) == before:
            place.report(f"names {len(ways) or 'no'} ways at once; {_FORMS}")
        if len(ways) != 1:
            raise Unread
        if ways == [SOFT]:
            if fields.wrote(COMPARE):
                fields.at(COMPARE).report("goes with reconcile only; remove it")
            return DeleteSpec(how="soft", column=fields[SOFT])
        return DeleteSpec(how="reconcile", every=fields[RECONCILE], compare=fields[COMPARE])
