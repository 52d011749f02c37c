"""Windows tile a period and slices tile a span: every value lies in exactly one of them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.loading.cursor import DAY, SECOND, CursorType
from shared.loading.errors import BadOrder
from shared.loading.slices import MOST_SLICES, count_parts, number_slices, tile_span
from shared.loading.span import Span
from shared.loading.windows import cut_windows

INTEGER = CursorType(kind="integer", step=1, zoned=False)
DATE = CursorType(kind="date", step=1, zoned=False)
SECONDS = CursorType(kind="timestamp", step=SECOND, zoned=False)
MILLI = CursorType(kind="timestamp", step=1_000_000, zoned=False)
MICRO = CursorType(kind="timestamp", step=1_000, zoned=False)
NUMBERS = st.integers(-(10**6), 10**6)


def holds(span: Span, cursor: CursorType, value: int) -> bool:
    above = span.after is None or value > cursor.parse(span.after)
    return above and (span.upto is None or value <= cursor.parse(span.upto))


@given(NUMBERS, st.integers(1, 10**4), st.integers(1, 500), st.integers(-20, 10**4 + 20))
def test_every_integer_of_a_period_lies_in_one_window_and_no_other_in_any(
    start: int, length: int, size: int, offset: int
) -> None:
    end, value = start + length, start + offset
    windows = cut_windows(
        INTEGER, start=str(start), end=str(end), window=str(size + length // 9_000)
    )
    holding = sum(holds(window.span(INTEGER), INTEGER, value) for window in windows)
    assert holding == (1 if start <= value < end else 0)


@given(
    st.integers(0, 10**12),
    st.integers(1, 10**8),
    st.sampled_from(["1h", "90s", "1d"]),
    st.integers(-5_000, 10**8 + 5_000),
    st.sampled_from([SECONDS, MICRO]),
)
def test_every_instant_of_a_period_lies_in_one_window_whatever_its_ends(
    start: int, length: int, window: str, offset: int, cursor: CursorType
) -> None:
    """The ends are given to the millisecond; the column may be coarser."""
    low, high = start * 1_000_000, (start + length) * 1_000_000
    value = cursor.floor((start + offset) * 1_000_000)
    inside = low <= value < high
    try:
        windows = cut_windows(
            cursor, start=MILLI.format(low), end=MILLI.format(high), window=window
        )
    except BadOrder:
        assert not inside
        return
    assert sum(holds(each.span(cursor), cursor, value) for each in windows) == int(inside)


@given(st.integers(0, 20_000), st.integers(1, 400), st.integers(1, 30))
def test_windows_of_days_touch_and_end_where_the_period_ends(
    start: int, length: int, size: int
) -> None:
    windows = cut_windows(
        DATE, start=DATE.format(start), end=DATE.format(start + length), window=f"{size}d"
    )
    edges = [windows[0].start, *(window.end for window in windows)]
    assert [window.start for window in windows] == edges[:-1]
    assert (DATE.parse(edges[0]), DATE.parse(edges[-1])) == (start, start + length)
    sizes = [DATE.parse(window.end) - DATE.parse(window.start) for window in windows]
    assert set(sizes[:-1]) <= {size}
    assert 0 < sizes[-1] <= size


@given(
    st.none() | st.integers(-100, 0),
    st.none() | st.integers(100, 200),
    st.lists(st.integers(1, 99), unique=True, max_size=20),
    st.integers(-150, 250),
)
def test_every_value_of_a_span_lies_in_one_slice_and_no_other_in_any(
    after: int | None, upto: int | None, cuts: list[int], value: int
) -> None:
    span = Span(
        after=None if after is None else str(after), upto=None if upto is None else str(upto)
    )
    slices = number_slices(tile_span(span, [str(cut) for cut in sorted(cuts)]))
    assert [part.number for part in slices] == list(range(len(cuts) + 1))
    holding = sum(holds(part.span, INTEGER, value) for part in slices)
    assert holding == int(holds(span, INTEGER, value))


@given(st.integers(0, 10**12), st.integers(1, 10**7))
def test_slices_are_enough_for_the_rows_or_as_many_as_there_may_be(rows: int, size: int) -> None:
    parts = count_parts(rows, size)
    assert 1 <= parts <= MOST_SLICES
    assert parts == MOST_SLICES or parts * size >= rows
    assert parts == 1 or (parts - 1) * size < rows


def test_a_day_is_a_day() -> None:
    assert DAY == 86_400 * SECOND
