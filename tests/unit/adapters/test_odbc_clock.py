"""Only the zone of a source's clock is told by the worker's, never the time."""

from datetime import UTC, datetime

import pytest

from shared.adapters.odbc.generic.clock import to_utc
from shared.loading.errors import ClockUnknown

NOW = datetime(2026, 3, 1, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reading", "utc"),
    [
        ("2026-03-01 00:10:00", "2026-03-01T00:10:00.000000"),
        ("2026-03-01 00:12:30.123456", "2026-03-01T00:12:30.123456"),
        ("2026-03-01 00:06:00.000001", "2026-03-01T00:06:00.000001"),
        ("2026-03-01 05:55:00", "2026-03-01T00:10:00.000000"),
        ("2026-02-28 14:10:01", "2026-03-01T00:10:01.000000"),
        ("2026-03-01 14:10:00", "2026-03-01T00:10:00.000000"),
        ("2026-03-01 02:10:00+02:00", "2026-03-01T00:10:00.000000"),
    ],
)
def test_a_reading_is_moved_by_whole_quarters_of_an_hour(reading: str, utc: str) -> None:
    assert to_utc(reading, NOW) == utc


@pytest.mark.parametrize("reading", ["2026-03-01 00:17:30", "2026-03-01 01:03:00"])
def test_a_difference_that_is_no_zone_is_refused(reading: str) -> None:
    with pytest.raises(ClockUnknown, match="no time zone"):
        to_utc(reading, NOW)
