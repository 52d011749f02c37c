"""Cursor values are counted and written back exactly, whatever the calendar."""

import pytest
from loading_samples import DATE, INTEGER, MICRO, MILLI, NANO, SECONDS, TICKS, ZONED

from shared.loading.cursor import DAY, SECOND, CursorType, cursor_type, names_zone, parse_clock
from shared.loading.errors import CursorUnsound


@pytest.mark.parametrize(
    ("cursor", "text"),
    [
        (NANO, "2026-01-31 12:34:56.123456789"),
        (TICKS, "2026-01-31 12:34:56.1234567"),
        (MICRO, "2026-01-31 12:34:56.123456"),
        (MILLI, "2026-01-31 12:34:56.123"),
        (SECONDS, "2026-01-31 12:34:56"),
        (ZONED, "2026-01-31 12:34:56.123456+00"),
        (MICRO, "0001-01-01 00:00:00.000000"),
        (MICRO, "9999-12-31 23:59:59.999999"),
        (MICRO, "10000-01-01 00:00:00.000000"),
        (MICRO, "294246-12-31 23:59:59.999999"),
        (MICRO, "2000-02-29 00:00:00.000000"),
        (DATE, "0001-01-01"),
        (DATE, "1969-12-31"),
        (DATE, "2024-02-29"),
        (DATE, "5874897-12-31"),
        (INTEGER, "-99999999999999999999999999999999999999"),
        (INTEGER, "0"),
    ],
)
def test_a_value_is_written_back_as_it_was_read(cursor: CursorType, text: str) -> None:
    assert cursor.format(cursor.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1970-01-01", 0),
        ("1970-01-01 00:00:00.000000001", 1),
        ("1969-12-31 23:59:59.999999999", -1),
        ("1970-01-02T00:00:01", DAY + SECOND),
        ("1970-01-01 00:01", 60 * SECOND),
        ("1970-01-01 24:00:00", DAY),
        ("2000-01-01", 10_957 * DAY),
    ],
)
def test_a_timestamp_is_counted_from_1970_to_the_nanosecond(text: str, count: int) -> None:
    assert NANO.parse(text) == count


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-01 00:00:00Z", "2026-01-01 00:00:00"),
        ("2026-01-01 02:00:00+02", "2026-01-01 00:00:00"),
        ("2026-01-01 05:45:00+0545", "2026-01-01 00:00:00"),
        ("2026-01-01 05:30:00+05:30", "2026-01-01 00:00:00"),
        ("2025-12-31 15:30:00-08:30", "2026-01-01 00:00:00"),
    ],
)
def test_a_zone_is_taken_off(text: str, same: str) -> None:
    assert ZONED.parse(text) == ZONED.parse(same)


@pytest.mark.parametrize(
    ("cursor", "text"),
    [
        (MICRO, "0044-03-15 12:00:00 BC"),
        (MICRO, "-0044-03-15"),
        (MICRO, "infinity"),
        (MICRO, "2026-02-29 00:00:00"),
        (MICRO, "2026-13-01"),
        (MICRO, "2026-01-01 25:00:00"),
        (MICRO, "2026-01-01 00:60:00"),
        (MICRO, "2026-01-01 00:00:00.1234567890"),
        (MICRO, "yesterday"),
        (MICRO, ""),
        (DATE, "01/02/2026"),
        (INTEGER, "1.5"),
        (INTEGER, "1e9"),
        (INTEGER, ""),
    ],
)
def test_what_is_no_value_of_the_kind_is_refused_with_a_type(cursor: CursorType, text: str) -> None:
    with pytest.raises(CursorUnsound, match="not"):
        cursor.parse(text)


def test_years_past_9999_keep_their_order_and_their_leap_days() -> None:
    texts = ["9999-12-31", "10000-01-01", "10000-02-29", "10000-03-01", "12345-06-07"]
    counts = [DATE.parse(text) for text in texts]
    assert counts == sorted(counts)
    assert DATE.parse("10000-03-01") - DATE.parse("10000-02-28") == 2


def test_an_integer_of_38_digits_is_not_rounded() -> None:
    digits = "12345678901234567890123456789012345678"
    assert INTEGER.format(INTEGER.parse(digits) + 1) == digits[:-1] + "9"


@pytest.mark.parametrize(
    ("resolution", "step"),
    [("1", SECOND), ("0.001", 1_000_000), ("0.000001", 1_000), ("0.0000001", 100), (None, 1_000)],
)
def test_the_resolution_gives_the_step(resolution: str | None, step: int) -> None:
    assert cursor_type("timestamp", resolution=resolution, zoned=None).step == step


@pytest.mark.parametrize("text", ["-1", "+1", "1.0", "0x1", "", str(2**63)])
def test_a_version_of_change_tracking_is_a_whole_number_that_a_bigint_holds(text: str) -> None:
    versions = cursor_type("change_tracking", resolution=None, zoned=None)
    assert versions.format(versions.parse(str(2**63 - 1))) == str(2**63 - 1)
    with pytest.raises(CursorUnsound):
        versions.parse(text)


@pytest.mark.parametrize("kind", ["none"])
def test_a_kind_without_cursor_values_has_no_type(kind: str) -> None:
    with pytest.raises(CursorUnsound, match=kind):
        cursor_type(kind, resolution=None, zoned=None)


@pytest.mark.parametrize(
    ("cursor", "instant", "floored"),
    [
        (SECONDS, 1_999_999_999, 1_000_000_000),
        (SECONDS, -1, -1_000_000_000),
        (MILLI, 1_999_999, 1_000_000),
        (MILLI, 1_000_000, 1_000_000),
        (DATE, DAY - 1, 0),
        (DATE, -1, -1),
    ],
)
def test_an_instant_is_floored_to_the_columns_step(
    cursor: CursorType, instant: int, floored: int
) -> None:
    assert cursor.floor(instant) == floored


def test_a_clock_is_read_with_microseconds() -> None:
    assert parse_clock("1970-01-01T00:00:01.000002") == SECOND + 2_000


@pytest.mark.parametrize(
    ("cursor", "written", "start"),
    [
        (MICRO, "2026-01-31 12:34:56.123456", "2026-01-31 12:34:56.123456"),
        (MICRO, "2026-01-31", "2026-01-31"),
        (MILLI, "2026-01-31 12:34:56.123456", "2026-01-31 12:34:56.122"),
        (MILLI, "2026-01-31 12:34:56.123", "2026-01-31 12:34:56.123"),
        (SECONDS, "2026-01-01 00:00:00.5", "2025-12-31 23:59:59"),
        (DATE, "2026-01-31 00:00:00.000000", "2026-01-30"),
        (DATE, "2026-01-31", "2026-01-31"),
        (INTEGER, "17", "17"),
    ],
)
def test_a_position_of_a_finer_column_is_resumed_a_step_earlier(
    cursor: CursorType, written: str, start: str
) -> None:
    assert cursor.resume(written) == start


def test_a_text_may_name_a_zone() -> None:
    assert names_zone("2026-01-31 12:34:56.123456+00")
    assert not names_zone("2026-01-31 12:34:56.123456")
    assert not names_zone("17")
