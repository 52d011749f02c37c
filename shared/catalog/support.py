"""What the table files can say and this version does not honour yet: refused, never ignored.

Whoever builds one of these takes its line out here.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.catalog import grammar as g
from shared.catalog.place import Unread
from shared.catalog.section import Field, Fields

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbuilt:
    """Values of one key that nothing acts on yet. `path` leads to the key; `message` says what to do."""

    path: tuple[Field[Any], ...]
    when: Test
    message: str

    def check(self, fields: Fields) -> None:
        """Report the key if it has such a value."""
        *outer, key = self.path
        with suppress(Unread):
            for section in outer:
                fields = fields[section]
            if self.when(fields[key]):
                fields.at(key).report(f"not available in this version: {self.message}")


UNBUILT_TABLE = (
    Unbuilt(
        path=(g.WATERMARK, g.CURSOR_KIND),
        when=lambda kind: kind == "change_tracking",
        message="kind change_tracking; write rowversion, timestamp, date, integer or none",
    ),
    Unbuilt(
        path=(g.DELETES,),
        when=lambda deletes: deletes.how == "change_tracking",
        message="deletes: change_tracking; write {reconcile: 1d}",
    ),
)


def check_built(tables: tuple[Fields, ...]) -> None:
    """Report every key whose value this version would not act on."""
    for table in tables:
        for unbuilt in UNBUILT_TABLE:
            unbuilt.check(table)
