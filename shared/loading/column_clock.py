"""What the clock of a zoneless column shows, and has shown, at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.catalog import CursorSpec
from shared.loading.cursor import SECOND, CursorType

# Daylight saving ends at most once within this time, and never by more than three hours.
_FALL_BACK = timedelta(hours=4)
_MINUTE = 60 * SECOND


def lowest_reading(instant: int, spec: CursorSpec, cursor: CursorType) -> int:
    """Give the lowest reading that the column's clock can show from this UTC instant on.

    A zoned column counts in UTC. A local clock is set back once a year, and then shows values
    again that it has shown before: those count as still to come.
    """
    if cursor.zoned or spec.clock.lower() == "utc":
        return instant
    # Clocks are set on whole minutes: those that follow show the lowest reading to come exactly.
    next_minute = instant - instant % _MINUTE + _MINUTE
    later = range(next_minute, next_minute + nanoseconds(_FALL_BACK), _MINUTE)
    return min(_local(moment, spec.zone) for moment in (instant, *later))


def highest_reading(instant: int, spec: CursorSpec, cursor: CursorType) -> int:
    """Give the highest reading that the column's clock has lately shown: before it was set back."""
    if cursor.zoned or spec.clock.lower() == "utc":
        return instant
    minute = instant - instant % _MINUTE
    earlier = range(minute - nanoseconds(_FALL_BACK), minute, _MINUTE)
    return max(_local(moment, spec.zone) for moment in (instant, *earlier))


def _local(instant: int, zone: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(instant // SECOND, UTC)
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return instant + nanoseconds(offset)


def nanoseconds(span: timedelta) -> int:
    """Give a duration in nanoseconds."""
    return int(span / timedelta(microseconds=1)) * 1000
