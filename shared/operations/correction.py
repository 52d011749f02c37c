"""Corrections: a table's watermark moved by hand, or taken back to where it stood before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from shared.catalog import TableSpec
from shared.loading.cursor import CursorType, cursor_type
from shared.loading.errors import BadOrder, ConflictError, CursorUnsound
from shared.loading.state import TableStates
from shared.loading.turn import correct as correct_turn
from shared.loading.watermark import Mover, Watermark
from shared.loading.watermark import correct as correct_watermark

_FRACTION = re.compile(r":\d\d\.(\d+)")
_ZONE = re.compile(r":\d\d(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)$")
# How a position set by hand was found: a person vouches for it, no fence does.
_BY_HAND = "set"


class RowsSkipped(ConflictError):
    """Send `skip: true` if the rows in between are loaded elsewhere or not wanted; else set a position at or below the watermark."""


class VersionUnknown(BadOrder):
    """Take a version that the table's list of watermarks shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A watermark that was moved by hand, and the one in whose place it is."""

    before: Watermark | None
    after: Watermark


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrector:
    """Moves one table's watermark by hand; `now` is UTC."""

    states: TableStates
    spec: TableSpec
    reason: str
    now: datetime

    def set(self, position: str, *, skip: bool) -> Correction:
        """Set the watermark. A table without one counts as loaded elsewhere up to the position.

        Raises:
            CursorUnsound: the position is no value of the table's cursor.
            RowsSkipped: it lies above what is loaded, and `skip` is not set.
            TableBusy, WatermarkMoved: a load, or somebody else's correction, came first.
        """
        before = self.states.watermark(self.spec.name)
        cursor = cursor_type(self.spec.cursor.kind, resolution=None, zoned=None)
        if _is_ahead(cursor, cursor.parse(position), before) and not skip:
            stands = f"the watermark is {before.position}" if before else "there is no watermark"
            raise RowsSkipped(
                f"{stands}: rows up to {position} would never be loaded; skip: true says so"
            )
        exact = write_position(self.spec, position, before)
        return self._move(before, exact, how=_BY_HAND, by="set")

    def roll_back(self, version: int) -> Correction:
        """Set the watermark to the position of an earlier version, as a new version.

        Raises:
            VersionUnknown: there was no such version before the present one.
            CursorUnsound: its position is no value of the cursor that the table has now.
            TableBusy, WatermarkMoved: as for `set`.
        """
        before = self.states.watermark(self.spec.name)
        cursor = cursor_type(self.spec.cursor.kind, resolution=None, zoned=None)
        found = self.states.history(self.spec.name, 1, below=version + 1)
        if before is None or not found or found[0].version != version or version >= before.version:
            raise VersionUnknown(f"{self.spec.name} had no watermark of version {version} before")
        cursor.parse(found[0].position)
        return self._move(
            before, found[0].position, how=found[0].how, by="rollback", zoned=found[0].zoned
        )

    def _move(
        self,
        before: Watermark | None,
        position: str,
        *,
        how: str,
        by: Mover,
        zoned: bool | None = None,
    ) -> Correction:
        after = correct_watermark(
            before,
            position=position,
            how=how,
            by=by,
            reason=self.reason,
            at=self.now.isoformat(),
            zoned=zoned,
        )
        self.states.advance(self.spec.name, step=correct_turn, before=before, after=after)
        return Correction(before=before, after=after)


def write_position(spec: TableSpec, position: str, before: Watermark | None) -> str:
    """Write a position as loads write it: with the digits and the zone of the present watermark.

    Without one, those of the text itself are kept: a source may not read more digits than it has.
    """
    like = before.position if before else position
    fraction = _FRACTION.search(like)
    digits = len(fraction[1]) if fraction else 0
    resolution = f"0.{'1'.rjust(digits, '0')}" if digits else "1"
    cursor = cursor_type(
        spec.cursor.kind, resolution=resolution, zoned=_ZONE.search(like) is not None
    )
    return cursor.format(cursor.parse(position))


def _is_ahead(cursor: CursorType, value: int, before: Watermark | None) -> bool:
    """Say whether rows may lie between; so it is where the old position is of another kind of cursor."""
    if before is None:
        return True
    try:
        return value > cursor.parse(before.position)
    except CursorUnsound:
        return True
