"""A backfill's period is cut into windows that touch, and nothing of it is left out."""

import pytest
from loading_samples import DATE, INTEGER, MICRO, SECONDS

from shared.loading.cursor import CursorType
from shared.loading.errors import BadOrder
from shared.loading.span import Span
from shared.loading.windows import (
    MOST_WINDOWS,
    Window,
    cut_windows,
    default_window,
    window_size,
)


def test_windows_tile_the_period_and_the_last_may_be_shorter() -> None:
    windows = cut_windows(DATE, start="2026-01-01", end="2026-01-08", window="3d")
    assert windows == (
        Window(start="2026-01-01", end="2026-01-04"),
        Window(start="2026-01-04", end="2026-01-07"),
        Window(start="2026-01-07", end="2026-01-08"),
    )


def test_integers_are_cut_by_count() -> None:
    windows = cut_windows(INTEGER, start="-5", end="7", window="10")
    assert [(w.start, w.end) for w in windows] == [("-5", "5"), ("5", "7")]


@pytest.mark.parametrize(
    ("cursor", "window", "span"),
    [
        (DATE, Window(start="2026-01-01", end="2026-01-02"), ("2025-12-31", "2026-01-01")),
        (INTEGER, Window(start="10", end="20"), ("9", "19")),
        (
            SECONDS,
            Window(start="2026-01-01 00:00:00", end="2026-01-01 01:00:00"),
            ("2025-12-31 23:59:59", "2026-01-01 00:59:59"),
        ),
        (
            MICRO,
            Window(start="2026-01-01 00:00:00.000000", end="2026-01-01 01:00:00.000000"),
            ("2025-12-31 23:59:59.999999", "2026-01-01 00:59:59.999999"),
        ),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(
    cursor: CursorType, window: Window, span: tuple[str, str]
) -> None:
    assert window.span(cursor) == Span(after=span[0], upto=span[1])


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-01-02", "2026-01-02"), ("2026-01-03", "2026-01-02"), ("tomorrow", "2026-01-02")],
)
def test_a_period_that_is_empty_or_unreadable_is_refused(start: str, end: str) -> None:
    with pytest.raises(BadOrder, match="from: "):
        cut_windows(DATE, start=start, end=end, window="1d")


def test_a_zone_in_the_period_is_taken_to_utc() -> None:
    [window] = cut_windows(
        SECONDS, start="2026-01-01T02:00:00+02:00", end="2026-01-01T05:00:00+02:00", window="1d"
    )
    assert (window.start, window.end) == ("2026-01-01 00:00:00", "2026-01-01 03:00:00")


@pytest.mark.parametrize(
    ("cursor", "window", "size"),
    [
        (SECONDS, "90s", 90_000_000_000),
        (SECONDS, "2m", 120_000_000_000),
        (SECONDS, "12h", 43_200_000_000_000),
        (DATE, "7d", 7),
        (DATE, "48h", 2),
        (INTEGER, "250", 250),
    ],
)
def test_a_size_is_counted_in_the_cursors_unit(cursor: CursorType, window: str, size: int) -> None:
    assert window_size(cursor, window) == size


@pytest.mark.parametrize(
    ("cursor", "window"),
    [
        (DATE, "12h"),
        (DATE, "25h"),
        (DATE, "0d"),
        (SECONDS, "1w"),
        (SECONDS, "10"),
        (SECONDS, "-1h"),
        (INTEGER, "0"),
        (INTEGER, "1d"),
        (INTEGER, "-3"),
    ],
)
def test_a_size_that_does_not_fit_the_cursor_is_refused(cursor: CursorType, window: str) -> None:
    with pytest.raises(BadOrder, match="window: "):
        window_size(cursor, window)


def test_too_many_windows_are_refused_before_they_are_made() -> None:
    with pytest.raises(BadOrder, match=f"the most is {MOST_WINDOWS}"):
        cut_windows(INTEGER, start="0", end=str(10**30), window="1")
    assert len(cut_windows(INTEGER, start="0", end=str(MOST_WINDOWS), window="1")) == MOST_WINDOWS


def test_an_end_between_two_values_leaves_out_nothing_before_it() -> None:
    [window] = cut_windows(
        SECONDS, start="2026-01-01 00:00:00", end="2026-01-01 00:00:10.5", window="1d"
    )
    assert window.span(SECONDS).upto == "2026-01-01 00:00:10"


def test_the_usual_window_is_a_day_or_a_slice() -> None:
    assert default_window(SECONDS, 500) == "1d"
    assert default_window(INTEGER, 500) == "500"
