"""Counting a cursor value and writing it are inverse and keep the order, for every value there is."""

from hypothesis import given
from hypothesis import strategies as st

from shared.loading.cursor import DAY, CursorType

# From the first instant of year 1 to the last that PostgreSQL's timestamp can hold.
FIRST, LAST = -62_135_596_800 * 10**9, 9_224_318_015_999_999 * 10**6
STEPS = st.sampled_from([1, 100, 1_000, 1_000_000, 1_000_000_000])
INSTANTS = st.integers(FIRST, LAST)
DAYS = st.integers(FIRST // DAY, 2_145_031_948)


def timestamps(step: int, *, zoned: bool = False) -> CursorType:
    return CursorType(kind="timestamp", step=step, zoned=zoned)


DATE = CursorType(kind="date", step=1, zoned=False)
INTEGER = CursorType(kind="integer", step=1, zoned=False)


@given(INSTANTS, STEPS, st.booleans())
def test_a_timestamp_survives_being_written_and_read(instant: int, step: int, zoned: bool) -> None:  # noqa: FBT001 - drawn
    cursor = timestamps(step, zoned=zoned)
    value = cursor.floor(instant)
    assert cursor.parse(cursor.format(value)) == value


@given(DAYS)
def test_a_date_survives_being_written_and_read(day: int) -> None:
    assert DATE.parse(DATE.format(day)) == day


@given(st.integers())
def test_an_integer_survives_being_written_and_read(value: int) -> None:
    assert INTEGER.parse(INTEGER.format(value)) == value


@given(INSTANTS, INSTANTS, STEPS)
def test_flooring_keeps_the_order(one: int, other: int, step: int) -> None:
    cursor = timestamps(step)
    low, high = sorted((one, other))
    assert cursor.floor(low) <= cursor.floor(high)


@given(INSTANTS, STEPS)
def test_a_floor_is_the_last_step_at_or_before(instant: int, step: int) -> None:
    floor = timestamps(step).floor(instant)
    assert floor <= instant < floor + step
    assert floor % step == 0


@given(st.integers(FIRST, 253_402_300_799 * 10**9), st.integers(FIRST, 253_402_300_799 * 10**9))
def test_texts_of_four_digit_years_sort_as_their_values(one: int, other: int) -> None:
    cursor = timestamps(1_000)
    one, other = cursor.floor(one), cursor.floor(other)
    assert (cursor.format(one) < cursor.format(other)) == (one < other)
