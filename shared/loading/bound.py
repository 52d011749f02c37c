"""The bound: up to where a load may call a table done, fixed before the first row is read.

No row may later become visible at or below it. That is proven (`exact`) only where the database
assigns the value and shows every open transaction; everywhere else a margin stands in (`settled`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from shared.catalog import CursorSpec
from shared.loading.cursor import SECOND, CursorType, parse_clock
from shared.loading.errors import CursorUnsound, FutureCursor, WatermarkAhead
from shared.loading.span import Observation

# A session publishes the start of its transaction a moment after taking it.
PUBLICATION = timedelta(seconds=1)
# How far a writer's clock may run ahead of the source's before a value counts as in the future.
TOLERANCE = timedelta(seconds=60)
# Daylight saving ends at most once within this time, and never by more than three hours.
_FALL_BACK = timedelta(hours=4)
_MINUTE = 60 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where progress stops. `value` is the source's exact text, None if nothing is safe yet.

    `how` says what holds it up: `exact` or `settled` (invariant 2), `none` for a full snapshot.
    `held_back_since` is the start of the oldest open transaction if that is what set the value.
    """

    value: str | None
    how: Literal["exact", "settled", "none"]
    held_back_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A highest cursor value seen at a time (UTC, ISO 8601): what an integer bound is made of."""

    seen_at: str
    value: str


NO_BOUND = Bound(value=None, how="none")


def find_bound(
    spec: CursorSpec,
    cursor: CursorType,
    seen: Observation,
    *,
    settle: timedelta,
    before: str | None,
    marks: Sequence[Mark] = (),
) -> Bound:
    """Find the bound of a load that starts now.

    `before` is the last watermark: the bound never lies below it. `marks` are earlier sightings
    of an integer cursor, oldest first.

    Raises:
        CursorUnsound: a rowversion was asked of a source that has none.
        FutureCursor: a value lies ahead of the source's clock, so the clock may not be the one declared.
        WatermarkAhead: the source's clock stands before the last watermark.
    """
    if cursor.kind == "integer":
        _check_not_back(cursor, seen, before)
        found = _integer_bound(spec, cursor, seen, settle=settle, marks=marks)
    elif cursor.kind == "rowversion":
        found = _version_bound(cursor, seen, before)
    else:
        found = _clock_bound(spec, cursor, seen, settle=settle)
        _check_plausible(spec, cursor, seen, settle=settle, before=before)
    found = _below_highest(found, cursor, seen)
    if before is None or found.value is None:
        return found if found.value is not None else _with_value(found, before)
    if cursor.parse(found.value) < cursor.parse(before):
        return _with_value(found, before)
    return found


def _below_highest(bound: Bound, cursor: CursorType, seen: Observation) -> Bound:
    """Keep an application's highest value open: it may write another row with the very same one.

    Where the database assigns the value it comes from a clock or sequence that has moved on.
    """
    if bound.how != "settled" or bound.value is None or seen.max_cursor is None:
        return bound
    below = cursor.parse(seen.max_cursor) - cursor.step
    if below >= cursor.parse(bound.value):
        return bound
    return _with_value(bound, cursor.format(below))


def _with_value(bound: Bound, value: str | None) -> Bound:
    return Bound(value=value, how=bound.how, held_back_since=bound.held_back_since)


def _clock_bound(
    spec: CursorSpec, cursor: CursorType, seen: Observation, *, settle: timedelta
) -> Bound:
    exact = spec.assigned == "database" and not seen.sessions_hidden
    clock = parse_clock(seen.clock)
    oldest = parse_clock(seen.oldest_open) if seen.oldest_open else clock
    margin = PUBLICATION if exact else settle
    safe = min(clock, oldest) - _nanoseconds(margin)
    # One step below the open unit: a column may round up, and a date holds all of its day.
    unit = max(cursor.step, cursor.open_unit)
    value = cursor.floor(_in_column_clock(safe, spec, cursor)) - unit
    return Bound(
        value=cursor.format(value),
        how="exact" if exact else "settled",
        held_back_since=seen.oldest_open if oldest < clock else None,
    )


def _integer_bound(
    spec: CursorSpec,
    cursor: CursorType,
    seen: Observation,
    *,
    settle: timedelta,
    marks: Sequence[Mark],
) -> Bound:
    """Take the highest value seen before every transaction that is still open had begun.

    A value at or below a mark was handed out before the mark was seen, so its transaction had
    begun by then: once no transaction that old is open, nothing can still appear below the mark.
    """
    exact = spec.assigned == "database" and not seen.sessions_hidden
    how: Literal["exact", "settled"] = "exact" if exact else "settled"
    if seen.max_cursor is None:
        return Bound(value=None, how=how)
    now = parse_clock(seen.clock)
    oldest = parse_clock(seen.oldest_open) if seen.oldest_open else None
    limit = now if oldest is None else oldest - _nanoseconds(PUBLICATION)
    if not exact:
        limit = min(limit, now - _nanoseconds(settle))
    sightings = [*marks, Mark(seen_at=seen.clock, value=seen.max_cursor)]
    safe = [cursor.parse(mark.value) for mark in sightings if parse_clock(mark.seen_at) <= limit]
    return Bound(
        value=cursor.format(max(safe)) if safe else None,
        how=how,
        held_back_since=seen.oldest_open,
    )


def _version_bound(cursor: CursorType, seen: Observation, before: str | None) -> Bound:
    """Take the version before the lowest that is in use.

    The server's counter only grows, and MIN_ACTIVE_ROWVERSION() is its lowest value that an open
    transaction holds, or the next one: everything below is committed for good.
    """
    if seen.lowest_active is None:
        raise CursorUnsound("this source cannot say which row versions are in use")
    value = cursor.parse(seen.lowest_active) - 1
    if before is not None and value < cursor.parse(before):
        raise WatermarkAhead(
            f"the watermark is {before}, but the source's versions stand at {seen.lowest_active}: "
            "it was restored"
        )
    return Bound(value=cursor.format(value), how="exact", held_back_since=seen.oldest_open)


def keep_marks(marks: Sequence[Mark], seen: Observation, *, most: int = 16) -> tuple[Mark, ...]:
    """Add what was seen now; thin out the middle so that both old and new sightings stay."""
    if seen.max_cursor is None:
        return tuple(marks)
    kept = [*marks, Mark(seen_at=seen.clock, value=seen.max_cursor)]
    while len(kept) > most:
        del kept[len(kept) // 2]
    return tuple(kept)


def _check_not_back(cursor: CursorType, seen: Observation, before: str | None) -> None:
    """Stop where an integer source counts below the watermark: what it adds there would not be seen."""
    if before is None or seen.max_cursor is None:
        return
    if cursor.parse(seen.max_cursor) < cursor.parse(before):
        raise WatermarkAhead(
            f"the watermark is {before}, but the highest value is {seen.max_cursor}: "
            "the newest rows were deleted, or the source was restored, emptied or reseeded"
        )


def _check_plausible(
    spec: CursorSpec,
    cursor: CursorType,
    seen: Observation,
    *,
    settle: timedelta,
    before: str | None,
) -> None:
    clock = parse_clock(seen.clock)
    now = _in_column_clock(clock, spec, cursor)
    ahead = _highest_reading(clock, spec, cursor) + _nanoseconds(max(settle, TOLERANCE))
    limit = cursor.floor(ahead) + cursor.step
    highest = cursor.parse(seen.max_cursor) if seen.max_cursor is not None else None
    if spec.future == "stop" and highest is not None and highest > limit:
        raise FutureCursor(
            f"the highest {spec.column} is {seen.max_cursor}, but the source's clock says "
            f"{seen.clock} UTC (declared clock: {spec.clock})"
        )
    if before is not None and cursor.parse(before) > cursor.floor(now):
        raise WatermarkAhead(f"the watermark is {before}, but the source's clock says {seen.clock}")


def _in_column_clock(instant: int, spec: CursorSpec, cursor: CursorType) -> int:
    """Give the lowest reading that the column's clock can show from this UTC instant on.

    A zoned column counts in UTC. A local clock is set back once a year, and then shows values
    again that it has shown before: those count as still to come.
    """
    if cursor.zoned or spec.clock.lower() == "utc":
        return instant
    # Clocks are set on whole minutes: those that follow show the lowest reading to come exactly.
    next_minute = instant - instant % _MINUTE + _MINUTE
    later = range(next_minute, next_minute + _nanoseconds(_FALL_BACK), _MINUTE)
    return min(_local(moment, spec.zone) for moment in (instant, *later))


def _highest_reading(instant: int, spec: CursorSpec, cursor: CursorType) -> int:
    """Give the highest reading that the column's clock has lately shown: before it was set back."""
    if cursor.zoned or spec.clock.lower() == "utc":
        return instant
    minute = instant - instant % _MINUTE
    earlier = range(minute - _nanoseconds(_FALL_BACK), minute, _MINUTE)
    return max(_local(moment, spec.zone) for moment in (instant, *earlier))


def _local(instant: int, zone: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(instant // SECOND, UTC)
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return instant + _nanoseconds(offset)


def _nanoseconds(span: timedelta) -> int:
    return int(span / timedelta(microseconds=1)) * 1000
