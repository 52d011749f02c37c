"""The source's clock in UTC, where the source tells the time and not of which zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.loading.cursor import SECOND, parse_clock
from shared.loading.errors import ClockUnknown

# Every zone in use lies a multiple of this away from UTC.
_STEP = 15 * 60 * SECOND
_TOLERANCE = 5 * 60 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_utc(reading: str, now: datetime) -> str:
    """Give a source's reading of its own clock in UTC, ISO 8601 with microseconds.

    Only the zone comes from the worker, never the time: `now` tells how many quarters of an hour
    the source's clock lies from UTC.

    Raises:
        ClockUnknown: the two clocks differ by more than five minutes beside whole quarters,
            so that the zone cannot be told.
    """
    seen = parse_clock(reading)
    away = seen - (now - _EPOCH) // timedelta(microseconds=1) * 1000
    offset = (away + _STEP // 2) // _STEP * _STEP
    if abs(away - offset) > _TOLERANCE:
        raise ClockUnknown(
            f"the source's clock says {reading} while the worker's says {now:%Y-%m-%d %H:%M:%S} UTC: "
            "that is no time zone; set one of the two clocks right"
        )
    utc = _EPOCH + timedelta(microseconds=(seen - offset) // 1000)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%f")
