"""Sentinels: signs that a source is not what it was when it was loaded last. None is passed over in silence.

Each stops the load with a typed error that has a remedy, or is a policy that the table file states.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.catalog import CursorSpec, TableSpec
from shared.loading.cursor import CursorType
from shared.loading.errors import (
    FutureCursor,
    SourceEmptied,
    SourceReplaced,
    TrackingExpired,
    WatermarkAhead,
)
from shared.loading.order import Mode
from shared.loading.span import Observation, Tracking

# The part of an identity that stands for the sequence behind the cursor column.
COUNTER = "counter"
# The parts that stand for what keeps the table's changes: when it was made, and the version above which
# it began to, also after the table was truncated. See `check_tracking`.
TRACKING = "tracking"
TRACKING_BEGAN = "tracking_began"
_OF_TRACKING = frozenset({TRACKING, TRACKING_BEGAN})
# The part that says at which version a tracked table was last seen without any row.
EMPTY = "tracked_empty"

# Rows without a cursor value grow clearly when they have become so much more of the table, ...
GROWN_SHARE = 0.01
# ... or so many times as many, where they are enough to mean something.
GROWN_TIMES = 2
ENOUGH_NULLS = 100


def check_identity(mode: Mode, last: str | None, now: str | None) -> None:
    """Stop a load that goes on from a watermark if that was reached at another table or server.

    An identity is written as `name=value` parts. Only parts that both sides show are compared: what
    a login may not see is unknown, not changed. Other modes find out by themselves what is there.

    Raises:
        SourceReplaced: names the parts that differ.
    """
    if mode not in ("incremental", "backfill") or last is None or now is None:
        return
    before, after = _parts(last), _parts(now)
    # That changes are tracked anew says nothing of the rows themselves.
    compared = (before.keys() & after.keys()) - _OF_TRACKING - {EMPTY}
    changed = [name for name in compared if before[name] != after[name]]
    if changed:
        what = ", ".join(
            f"{name} was {before[name]} and is {after[name]}" for name in sorted(changed)
        )
        raise SourceReplaced(
            f"the source was restored, recreated, failed over or upgraded, or its numbers restarted: {what}"
        )


def check_emptied(
    spec: TableSpec, mode: Mode, seen: Observation, *, loaded: bool
) -> tuple[str, ...]:
    """Stop an incremental load of a table that has been loaded and holds no row any more.

    `loaded` says that rows of it were published. Under `on_empty: accept` it is a finding.

    Raises:
        SourceEmptied: the table is empty, and the table file does not say that it may be.
    """
    if mode != "incremental" or not loaded or not seen.is_empty:
        return ()
    if spec.on_empty == "stop":
        raise SourceEmptied(f"{spec.name} was loaded before and holds no row now")
    return ("the table holds no row any more (on_empty: accept)",)


def check_tracking(
    cursor: CursorType, seen: Observation, start: str | None, *, last: str | None, now: str | None
) -> None:
    """Stop a load that goes on from a version whose changes since are not all there.

    `last` and `now` are identities of the table, at the last load and now.

    Raises:
        TrackingExpired: some were cleaned up, the table was truncated, or its tracking began anew.
    """
    if seen.tracking is None or start is None:
        return
    if cursor.parse(start) < cursor.parse(seen.tracking.kept_above):
        raise TrackingExpired(tell_expired(start, seen.tracking))
    # A table that is truncated when nothing has changed since the watermark keeps all changes above it.
    before, after = _parts(last or ""), _parts(now or "")
    for name in sorted(_OF_TRACKING & before.keys() & after.keys()):
        if before[name] != after[name]:
            raise TrackingExpired(
                "since the last load the table was truncated, or its change tracking switched off "
                f"and on again: {name} was {before[name]} and is {after[name]}"
            )
    # One that is truncated at the very version of the watermark, which tracking began at or was cleaned
    # up to, looks like one that was left alone. But of that some row is as it was, or there was none.
    if seen.tracking.untouched is False and before.get(EMPTY) != start:
        raise TrackingExpired(
            f"no row of the table is as it was at the watermark, version {start}, above which changes "
            "are kept: it was truncated at that version, or every row has changed since"
        )


def with_emptiness(now: str | None, last: str | None, seen: Observation | None) -> str | None:
    """Give an identity with the version at which a tracked table was last seen without any row.

    `last` is the identity of the last load, `seen` what this one has seen, if it has looked.
    """
    version = _parts(last or "").get(EMPTY)
    if seen is not None and seen.tracking is not None and not seen.tracking.holds_rows:
        version = seen.max_cursor
    part = None if version is None else f"{EMPTY}={version}"
    return " ".join(each for each in (now, part) if each) or None


def tell_expired(start: str, tracking: Tracking) -> str:
    """Say why changes since a version are not all there."""
    began = tracking.began
    if began is not None and int(began) > int(start):
        return (
            f"the watermark is version {start}, but the table was truncated, or its change tracking "
            f"switched on, at version {began}"
        )
    return (
        f"the watermark is version {start}, but changes are kept only above version "
        f"{tracking.kept_above}: older ones were cleaned up"
    )


def check_count(
    spec: CursorSpec, cursor: CursorType, seen: Observation, before: str | None, *, same: bool
) -> tuple[str, ...]:
    """Stop where a column of numbers went back, or has one that its sequence has not given yet.

    What such a source adds next would lie below the watermark. That the newest rows were deleted is
    let through where it is proven: `same` says that the sequence is the one of the last load and was
    not restarted since, and it stands at or above the watermark.

    Raises:
        WatermarkAhead: the highest number lies below the watermark.
        FutureCursor: it lies above what the database's own sequence has given.
    """
    if seen.max_cursor is None:
        return ()
    highest = cursor.parse(seen.max_cursor)
    counter = None if seen.counter is None else cursor.parse(seen.counter)
    if before is not None and highest < cursor.parse(before):
        if not same or counter is None or counter < cursor.parse(before):
            raise WatermarkAhead(
                f"the watermark is {before}, but the highest value is {seen.max_cursor}: "
                "the newest rows were deleted, or the source was restored, emptied or reseeded"
            )
        return (
            (
                f"the newest rows were deleted: the highest {spec.column} is {seen.max_cursor}, below "
                f"the watermark {before}, while its sequence stands at {seen.counter}"
            ),
        )
    if counter is None or highest <= counter:
        return ()
    ahead = (
        f"the highest {spec.column} is {seen.max_cursor}, but its sequence has given no number "
        f"above {seen.counter}"
    )
    if spec.assigned == "database" and spec.future == "stop":
        raise FutureCursor(f"{ahead}: what it gives next would lie below the watermark")
    if spec.assigned == "database":
        return (f"{ahead}; the watermark does not follow (future: read)",)
    return (f"{ahead}: if rows take numbers from it, those that come will not be seen",)


def has_counter(identity: str | None) -> bool:
    """Say whether an identity tells of the sequence behind the cursor column."""
    return identity is not None and COUNTER in _parts(identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class NullShare:
    """How many rows of a table were without a cursor value, and how many rows it had in all."""

    nulls: int
    rows: int

    @property
    def share(self) -> float:
        """The part of all rows that has no cursor value, from 0 to 1."""
        return min(self.nulls / self.rows, 1.0) if self.rows else 0.0


def judge_nulls(column: str, before: NullShare | None, now: NullShare) -> tuple[str, ...]:
    """Tell of rows without a cursor value that grow clearly: whoever writes them has stopped to set it."""
    if before is None or now.nulls <= before.nulls:
        return ()
    more = now.share - before.share >= GROWN_SHARE
    times = now.nulls >= max(GROWN_TIMES * before.nulls, ENOUGH_NULLS)
    if not more and not times:
        return ()
    return (
        (
            f"rows without a value in {column} grow: {now.nulls} of about {now.rows} rows "
            f"({now.share:.1%}), {before.nulls} of about {before.rows} ({before.share:.1%}) at the last load"
        ),
    )


def _parts(identity: str) -> dict[str, str]:
    named = (part.partition("=") for part in identity.split())
    return {name: value for name, _, value in named}
