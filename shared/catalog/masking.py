"""The value of a column under `columns.mask`: a word, or what is kept of it."""

from dataclasses import dataclass
from typing import Any, get_args

import yaml

from shared.catalog.column_spec import MaskHow, MaskSpec, MaskUnit
from shared.catalog.document import Node
from shared.catalog.place import Place
from shared.catalog.section import Shape, read_pairs
from shared.catalog.shapes import Count, Word

MOST_CHARACTERS = 1_000
_FORMS = "write sha256, redact, {truncate: 4} or {truncate: year}"
_WORDS: Word[MaskHow] = Word(("sha256", "redact"))
_UNITS: Word[MaskUnit] = Word(get_args(MaskUnit))
_TRUNCATE: MaskHow = "truncate"


@dataclass(frozen=True, slots=True)
class Mask(Shape[MaskSpec]):
    """`sha256`, `redact`, `{truncate: 4}` or `{truncate: year}`."""

    def read(self, node: Node, place: Place) -> MaskSpec:
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, place)
        if isinstance(node, yaml.ScalarNode) and node.value == _TRUNCATE:
            raise place.refusal(f"truncate needs to know what is kept; {_FORMS}")
        return MaskSpec(how=_WORDS.read(node, place))

    def schema(self) -> dict[str, Any]:
        kept = {"anyOf": [Count(most=MOST_CHARACTERS).schema(), _UNITS.schema()]}
        truncate = {
            "type": "object",
            "additionalProperties": False,
            "properties": {_TRUNCATE: kept},
            "required": [_TRUNCATE],
        }
        return {"anyOf": [_WORDS.schema(), truncate]}

    def _read_mapping(self, node: Node, place: Place) -> MaskSpec:
        pairs = read_pairs(node, place)
        if [name for name, _, _ in pairs] != [_TRUNCATE]:
            raise place.refusal(f"is not known here; {_FORMS}")
        [(_, kept, at)] = pairs
        if isinstance(kept, yaml.ScalarNode) and kept.value in _UNITS.words:
            return MaskSpec(how=_TRUNCATE, unit=_UNITS.read(kept, at))
        if isinstance(kept, yaml.ScalarNode) and not kept.value[:1].isdigit():
            raise at.refusal(
                f"is not known here; write a number of characters, or one of {', '.join(_UNITS.words)}"
            )
        return MaskSpec(how=_TRUNCATE, length=Count(most=MOST_CHARACTERS).read(kept, at))
