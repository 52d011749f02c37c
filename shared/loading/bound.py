"""The bound: up to where a load may call a table done, fixed before the first row is read.

No row may later become visible at or below it. That is proven (`exact`) only where the database
assigns the value and shows every open transaction; everywhere else a margin stands in (`settled`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from shared.catalog import CursorSpec
from shared.loading.column_clock import highest_reading, lowest_reading, nanoseconds
from shared.loading.cursor import CursorType, parse_clock
from shared.loading.errors import CursorUnsound, FutureCursor, WatermarkAhead
from shared.loading.span import Observation

# A session publishes the start of its transaction a moment after taking it.
PUBLICATION = timedelta(seconds=1)
# How far a writer's clock may run ahead of the source's before a value counts as in the future.
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where progress stops. `value` is the source's exact text, None if nothing is safe yet.

    `how` says what holds it up: `exact` or `settled` (invariant 2), `none` for a full snapshot.
    `held_back_since` is the start of the oldest open transaction if that is what set the value,
    `held_back_seconds` how long ago that was by the source's clock, and `held_back_by` whose it is,
    in a short line. Of one whose start is not known they tell what the source tells.
    """

    value: str | None
    how: Literal["exact", "settled", "none"]
    held_back_since: str | None = None
    held_back_seconds: int | None = None
    held_back_by: str | None = None

    @property
    def held_back(self) -> str | None:
        """Say in words since when the bound is held back, and by whom."""
        if self.held_back_since is None:
            return None
        seconds = self.held_back_seconds
        span = "" if seconds is None else f"for {timedelta(seconds=seconds)}, "
        whose = self.held_back_by or "a transaction that is not shown"
        return f"the bound is held back {span}since {self.held_back_since} UTC by {whose}"


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
        found = _integer_bound(spec, cursor, seen, settle=settle, marks=marks)
    elif cursor.kind == "rowversion":
        found = _version_bound(cursor, seen, before)
    elif cursor.kind == "change_tracking":
        found = _tracked_bound(cursor, seen, before)
    else:
        found = _clock_bound(spec, cursor, seen, settle=settle)
        _check_plausible(spec, cursor, seen, settle=settle, before=before)
    found = _tell_holder(_below_highest(found, cursor, seen), seen)
    if found.value is None or (seen.start_unknown and before is not None):
        return replace(found, value=before)
    if before is not None and cursor.parse(found.value) < cursor.parse(before):
        return replace(found, value=before)
    return found


def is_highest_done(
    spec: CursorSpec,
    cursor: CursorType,
    seen: Observation,
    *,
    settle: timedelta,
    marks: Sequence[Mark] = (),
) -> bool:
    """Say whether the highest value has settled, and is kept open only for others that may be like it."""
    if cursor.kind in ("rowversion", "change_tracking") or seen.max_cursor is None:
        return False
    if cursor.kind == "integer":
        found = _integer_bound(spec, cursor, seen, settle=settle, marks=marks)
    else:
        found = _clock_bound(spec, cursor, seen, settle=settle)
    return found.value is not None and cursor.parse(found.value) >= cursor.parse(seen.max_cursor)


def _tell_holder(bound: Bound, seen: Observation) -> Bound:
    """Say for how long the bound is held back, and by whom as far as that is shown."""
    since = bound.held_back_since
    if since is None and seen.start_unknown:
        since = seen.oldest_open
    if since is None:
        return bound
    age = parse_clock(seen.clock) - parse_clock(since)
    oldest = next((holder.text for holder in seen.holders if holder.since == since), None)
    return replace(
        bound,
        held_back_since=since,
        held_back_seconds=max(age, 0) // nanoseconds(timedelta(seconds=1)),
        held_back_by=oldest,
    )


def is_proven(spec: CursorSpec, seen: Observation) -> bool:
    """Say whether what was seen vouches for the bound, so that it is exact."""
    return spec.assigned == "database" and not seen.sessions_hidden and not seen.doubts


def _below_highest(bound: Bound, cursor: CursorType, seen: Observation) -> Bound:
    """Keep an application's highest value open: it may write another row with the very same one.

    Where the database assigns the value it comes from a clock or sequence that has moved on.
    """
    if bound.how != "settled" or bound.value is None or seen.max_cursor is None:
        return bound
    below = cursor.parse(seen.max_cursor) - cursor.step
    if below >= cursor.parse(bound.value):
        return bound
    return replace(bound, value=cursor.format(below))


def _clock_bound(
    spec: CursorSpec, cursor: CursorType, seen: Observation, *, settle: timedelta
) -> Bound:
    exact = is_proven(spec, seen)
    clock = parse_clock(seen.clock)
    oldest = parse_clock(seen.oldest_open) if seen.oldest_open else clock
    margin = PUBLICATION if exact else settle
    safe = min(clock, oldest) - nanoseconds(margin)
    # One step below the open unit: a column may round up, and a date holds all of its day.
    unit = max(cursor.step, cursor.open_unit)
    value = cursor.floor(lowest_reading(safe, spec, cursor)) - unit
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
    exact = is_proven(spec, seen)
    how: Literal["exact", "settled"] = "exact" if exact else "settled"
    highest = highest_given(spec, seen)
    if highest is None:
        return Bound(value=None, how=how)
    now = parse_clock(seen.clock)
    oldest = parse_clock(seen.oldest_open) if seen.oldest_open else None
    limit = now if oldest is None else oldest - nanoseconds(PUBLICATION)
    if not exact:
        limit = min(limit, now - nanoseconds(settle))
    sightings = [*marks, Mark(seen_at=seen.clock, value=highest)]
    safe = [cursor.parse(mark.value) for mark in sightings if parse_clock(mark.seen_at) <= limit]
    held_back = not safe or max(safe) < cursor.parse(highest)
    return Bound(
        value=cursor.format(max(safe)) if safe else None,
        how=how,
        held_back_since=seen.oldest_open if held_back else None,
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
    held_back = seen.max_cursor is not None and cursor.parse(seen.max_cursor) > value
    return Bound(
        value=cursor.format(value),
        how="exact",
        held_back_since=seen.oldest_open if held_back else None,
    )


def _tracked_bound(cursor: CursorType, seen: Observation, before: str | None) -> Bound:
    """Take the version of the last change that was committed before anything is read.

    A change gets its version when its transaction commits: what is open will get a greater one, and
    whatever has one up to this is in every snapshot that is opened from now on.
    """
    if seen.max_cursor is None:
        raise CursorUnsound("this source does not number its changes")
    if before is not None and cursor.parse(seen.max_cursor) < cursor.parse(before):
        raise WatermarkAhead(
            f"the watermark is {before}, but the source's changes stand at version "
            f"{seen.max_cursor}: it was restored, or change tracking was switched off and on again"
        )
    return Bound(value=seen.max_cursor, how="exact")


def highest_given(spec: CursorSpec, seen: Observation) -> str | None:
    """Give the highest number that the database has given: a row may hold one that it has not."""
    if seen.max_cursor is None or seen.counter is None or spec.assigned != "database":
        return seen.max_cursor
    return str(min(int(seen.max_cursor), int(seen.counter)))


def keep_marks(
    marks: Sequence[Mark], spec: CursorSpec, seen: Observation, *, most: int = 16
) -> tuple[Mark, ...]:
    """Add what was seen now; thin out the middle so that both old and new sightings stay."""
    highest = highest_given(spec, seen)
    if highest is None:
        return tuple(marks)
    kept = [*marks, Mark(seen_at=seen.clock, value=highest)]
    while len(kept) > most:
        del kept[len(kept) // 2]
    return tuple(kept)


def _check_plausible(
    spec: CursorSpec,
    cursor: CursorType,
    seen: Observation,
    *,
    settle: timedelta,
    before: str | None,
) -> None:
    clock = parse_clock(seen.clock)
    now = lowest_reading(clock, spec, cursor)
    ahead = highest_reading(clock, spec, cursor) + nanoseconds(max(settle, TOLERANCE))
    limit = cursor.floor(ahead) + cursor.step
    highest = cursor.parse(seen.max_cursor) if seen.max_cursor is not None else None
    if spec.future == "stop" and highest is not None and highest > limit:
        raise FutureCursor(
            f"the highest {spec.column} is {seen.max_cursor}, but the source's clock says "
            f"{seen.clock} UTC (declared clock: {spec.clock})"
        )
    if before is not None and cursor.parse(before) > cursor.floor(now):
        raise WatermarkAhead(f"the watermark is {before}, but the source's clock says {seen.clock}")
