"""The bound: nothing may later become visible at or below it, and it says what holds it up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from loading_samples import (
    DATE,
    EXACT,
    INTEGER,
    MICRO,
    MILLI,
    SECONDS,
    SETTLED,
    ZONED,
    seen,
)

from shared.catalog import CursorSpec
from shared.loading.bound import Bound, Mark, find_bound, keep_marks
from shared.loading.cursor import CursorType
from shared.loading.errors import CursorUnsound, FutureCursor, WatermarkAhead
from shared.loading.span import Holder, Observation

MINUTE = timedelta(seconds=60)
NOON = "2026-01-02T12:00:00.000000"
VERSIONED = CursorSpec(kind="rowversion", column="version")
VERSION = CursorType(kind="rowversion", step=1, zoned=False)
BERLIN = replace(SETTLED, clock="Europe/Berlin")


def bound(spec: CursorSpec, cursor: CursorType, observed: Observation, **options: Any) -> Bound:
    return find_bound(spec, cursor, observed, **{"settle": MINUTE, "before": None, **options})


def test_a_database_assigned_column_is_exact_up_to_what_a_session_takes_to_show_itself() -> None:
    found = bound(EXACT, MICRO, seen(NOON))
    assert found == Bound(value="2026-01-02 11:59:58.999999", how="exact")


def test_an_application_assigned_column_is_settled_by_its_margin() -> None:
    found = bound(SETTLED, MICRO, seen(NOON), settle=timedelta(minutes=5))
    assert found == Bound(value="2026-01-02 11:54:59.999999", how="settled")


def test_hidden_sessions_make_a_database_assigned_column_settled() -> None:
    found = bound(EXACT, MICRO, seen(NOON, sessions_hidden=True))
    assert found == Bound(value="2026-01-02 11:58:59.999999", how="settled")


@pytest.mark.parametrize(
    ("spec", "value"),
    [(EXACT, "2026-01-02 10:59:58.999999"), (SETTLED, "2026-01-02 10:58:59.999999")],
)
def test_an_open_transaction_holds_the_bound_below_its_start(spec: CursorSpec, value: str) -> None:
    opened = "2026-01-02T11:00:00.000000"
    found = bound(spec, MICRO, seen(NOON, oldest_open=opened))
    assert (found.value, found.held_back_since) == (value, opened)


def test_a_transaction_that_began_with_the_observation_does_not_count_as_holding_back() -> None:
    assert bound(EXACT, MICRO, seen(NOON, oldest_open=NOON)).held_back_since is None


@pytest.mark.parametrize(
    ("cursor", "value"),
    [
        (MICRO, "2026-01-02 11:59:58.499999"),
        (MILLI, "2026-01-02 11:59:58.499"),
        (SECONDS, "2026-01-02 11:59:57"),
        (ZONED, "2026-01-02 11:59:58.499999+00"),
        (DATE, "2026-01-01"),
    ],
)
def test_a_coarse_column_never_closes_its_open_unit(cursor: CursorType, value: str) -> None:
    clock = "2026-01-02T11:59:59.500000"
    assert bound(EXACT, cursor, seen(clock)).value == value


def test_today_stays_open_until_the_margin_after_midnight_has_passed() -> None:
    early = bound(SETTLED, DATE, seen("2026-01-02T00:00:30.000000"))
    late = bound(SETTLED, DATE, seen("2026-01-02T00:01:00.000000"))
    assert (early.value, late.value) == ("2025-12-31", "2026-01-01")


def test_a_zoneless_column_is_read_by_its_declared_clock() -> None:
    assert bound(BERLIN, MICRO, seen(NOON)).value == "2026-01-02 12:58:59.999999"


def test_a_zoned_column_counts_in_utc_whatever_clock_is_declared() -> None:
    assert bound(BERLIN, ZONED, seen(NOON)).value == "2026-01-02 11:58:59.999999+00"


def test_a_date_of_a_local_clock_closes_with_the_local_midnight() -> None:
    tokyo = replace(SETTLED, clock="Asia/Tokyo")
    assert bound(tokyo, DATE, seen("2026-01-02T14:59:59.000000")).value == "2026-01-01"
    assert bound(tokyo, DATE, seen("2026-01-02T15:02:00.000000")).value == "2026-01-02"


# In Berlin the clock goes from 03:00 back to 02:00 on 2026-10-25, at 01:00 UTC.
@pytest.mark.parametrize(
    ("clock", "value"),
    [
        ("2026-10-24T22:00:00", "2026-10-24 23:58:59.999999"),
        ("2026-10-25T00:01:00", "2026-10-25 01:59:59.999999"),
        ("2026-10-25T00:31:00", "2026-10-25 01:59:59.999999"),
        ("2026-10-25T01:00:30", "2026-10-25 01:59:59.999999"),
        ("2026-10-25T01:11:00", "2026-10-25 02:09:59.999999"),
        ("2026-10-25T02:01:00", "2026-10-25 02:59:59.999999"),
    ],
)
def test_an_hour_that_is_shown_twice_stays_open_until_it_is_over(clock: str, value: str) -> None:
    assert bound(BERLIN, MICRO, seen(clock + ".000000")).value == value


@pytest.mark.parametrize("second", [1, 30, 59])
def test_the_first_seconds_of_the_hour_shown_twice_stay_open_too(second: int) -> None:
    found = bound(BERLIN, MICRO, seen(f"2026-10-25T00:31:{second:02d}.000000"))
    assert found.value == "2026-10-25 01:59:59.999999"


@pytest.mark.parametrize(
    ("clock", "highest", "value"),
    [
        ("2026-10-25T00:50:00", "2026-10-25 02:49:59.000000", "2026-10-25 01:59:59.999999"),
        ("2026-10-25T01:10:00", "2026-10-25 02:59:59.000000", "2026-10-25 02:08:59.999999"),
    ],
)
def test_a_row_of_the_first_pass_through_a_repeated_hour_is_not_from_the_future(
    clock: str, highest: str, value: str
) -> None:
    observed = seen(clock + ".000000", max_cursor=highest)
    assert bound(BERLIN, MICRO, observed).value == value


def test_clocks_set_forward_leave_no_gap() -> None:
    # In Berlin 02:00 is followed by 03:00 on 2026-03-29, at 01:00 UTC.
    before = bound(BERLIN, MICRO, seen("2026-03-29T01:00:59.000000"))
    after = bound(BERLIN, MICRO, seen("2026-03-29T01:01:00.000000"))
    assert before.value == "2026-03-29 01:59:58.999999"
    assert after.value == "2026-03-29 02:59:59.999999"


HOLDER = Holder(
    session="pid 4711",
    since="2026-01-02T11:00:00.000000",
    user="app",
    application="billing",
    client="10.0.0.5",
    state="idle in transaction",
)
WHOSE = "pid 4711, user app, application billing, from 10.0.0.5, idle in transaction"


def test_a_bound_that_is_held_back_says_for_how_long_and_by_whom() -> None:
    found = bound(EXACT, MICRO, seen(NOON, oldest_open=HOLDER.since, holders=(HOLDER,)))
    assert (found.held_back_seconds, found.held_back_by) == (3600, WHOSE)
    assert (
        found.held_back
        == f"the bound is held back for 1:00:00, since {HOLDER.since} UTC by {WHOSE}"
    )


def test_a_holder_who_is_not_shown_is_not_guessed() -> None:
    found = bound(EXACT, MICRO, seen(NOON, oldest_open="2026-01-02T11:30:00.000000"))
    assert found.held_back_by is None
    assert found.held_back is not None
    assert "not shown" in found.held_back


def test_a_bound_that_nobody_holds_back_says_nothing() -> None:
    assert bound(EXACT, MICRO, seen(NOON)).held_back is None


@pytest.mark.parametrize(("spec", "cursor"), [(EXACT, MICRO), (EXACT, DATE)])
def test_above_the_watermark_nothing_is_safe_from_a_transaction_of_unknown_start(
    spec: CursorSpec, cursor: CursorType
) -> None:
    before = cursor.format(cursor.parse("2025-12-01 00:00:00"))
    observed = seen(
        NOON, oldest_open="2026-01-02T11:59:59.000000", start_unknown=True, sessions_hidden=True
    )
    found = bound(spec, cursor, observed, before=before)
    assert (found.value, found.held_back_since) == (before, observed.oldest_open)


def test_a_transaction_of_unknown_start_leaves_an_integer_watermark_where_it_is() -> None:
    marks = (Mark(seen_at="2026-01-01T00:00:00.000000", value="20"),)
    observed = seen(
        NOON, max_cursor="50", oldest_open=NOON, start_unknown=True, sessions_hidden=True
    )
    assert bound(NUMBERS, INTEGER, observed, before="10", marks=marks).value == "10"


def test_what_the_source_says_against_it_makes_a_database_assigned_column_settled() -> None:
    found = bound(EXACT, MICRO, seen(NOON, doubts=("its sequence is cached",)))
    assert found == Bound(value="2026-01-02 11:58:59.999999", how="settled")


def test_a_number_that_its_sequence_has_not_given_is_never_the_bound() -> None:
    observed = seen(NOON, max_cursor=str(2**63 - 1), counter="120")
    assert bound(replace(NUMBERS, future="read"), INTEGER, observed).value == "120"
    [mark] = keep_marks((), NUMBERS, observed)
    assert mark.value == "120"


def test_a_sequence_that_nobody_draws_from_holds_no_application_back() -> None:
    marks = (Mark(seen_at="2026-01-02T11:00:00.000000", value="900"),)
    observed = seen(NOON, max_cursor="1000", counter="1")
    assert bound(LOOSE, INTEGER, observed, marks=marks).value == "900"
    assert [mark.value for mark in keep_marks((), LOOSE, observed)] == ["1000"]


def test_an_integer_that_is_safe_to_its_highest_value_is_not_held_back() -> None:
    marks = (Mark(seen_at="2026-01-02T10:00:00.000000", value="50"),)
    observed = seen(NOON, max_cursor="50", oldest_open="2026-01-02T11:00:00.000000")
    found = bound(NUMBERS, INTEGER, observed, marks=marks)
    assert (found.value, found.held_back_since) == ("50", None)


def test_the_bound_never_lies_below_the_last_watermark() -> None:
    opened = "2026-01-02T09:00:00.000000"
    before = "2026-01-02 11:00:00.000000"
    found = bound(EXACT, MICRO, seen(NOON, oldest_open=opened), before=before)
    assert found == Bound(
        value=before, how="exact", held_back_since=opened, held_back_seconds=3 * 3600
    )


def test_a_value_ahead_of_the_clock_stops_the_load() -> None:
    with pytest.raises(FutureCursor, match=r"updated_at is 2026-01-02 12:02:00"):
        bound(SETTLED, MICRO, seen(NOON, max_cursor="2026-01-02 12:02:00.000000"))


def test_a_local_clock_declared_as_utc_is_noticed() -> None:
    with pytest.raises(FutureCursor, match="declared clock: utc"):
        bound(SETTLED, MICRO, seen(NOON, max_cursor="2026-01-02 12:59:59.000000"))


def test_a_writer_a_little_ahead_is_let_through() -> None:
    found = bound(SETTLED, MICRO, seen(NOON, max_cursor="2026-01-02 12:00:59.000000"))
    assert found.value == "2026-01-02 11:58:59.999999"


def test_a_future_value_is_let_through_if_the_table_says_so() -> None:
    spec = replace(SETTLED, future="read")
    found = bound(spec, MICRO, seen(NOON, max_cursor="2999-01-01 00:00:00.000000"))
    assert found.value == "2026-01-02 11:58:59.999999"


def test_a_date_of_today_is_not_in_the_future() -> None:
    assert bound(SETTLED, DATE, seen(NOON, max_cursor="2026-01-02")).value == "2026-01-01"
    with pytest.raises(FutureCursor):
        bound(SETTLED, DATE, seen(NOON, max_cursor="2026-01-04"))


def test_a_watermark_ahead_of_the_clock_stops_the_load() -> None:
    with pytest.raises(WatermarkAhead, match="2026-01-02 12:00:01"):
        bound(SETTLED, MICRO, seen(NOON), before="2026-01-02 12:00:01.000000")
    with pytest.raises(WatermarkAhead):
        bound(SETTLED, DATE, seen(NOON), before="2026-01-03")


NUMBERS = CursorSpec(kind="integer", column="change_no", assigned="database")
LOOSE = CursorSpec(kind="integer", column="change_no", assigned="application")


def test_an_integer_is_safe_up_to_the_highest_seen_if_no_transaction_is_open() -> None:
    assert bound(NUMBERS, INTEGER, seen(NOON, max_cursor="42")) == Bound(value="42", how="exact")


def test_an_integer_is_safe_up_to_what_was_seen_before_the_oldest_transaction_began() -> None:
    marks = (
        Mark(seen_at="2026-01-02T10:00:00.000000", value="10"),
        Mark(seen_at="2026-01-02T10:59:58.000000", value="20"),
        Mark(seen_at="2026-01-02T10:59:59.500000", value="30"),
        Mark(seen_at="2026-01-02T11:30:00.000000", value="40"),
    )
    observed = seen(NOON, max_cursor="50", oldest_open="2026-01-02T11:00:00.000000")
    found = bound(NUMBERS, INTEGER, observed, marks=marks)
    assert (found.value, found.how) == ("20", "exact")
    assert (found.held_back_since, found.held_back_seconds) == (observed.oldest_open, 3600)


def test_an_integer_with_an_open_transaction_and_no_mark_has_nothing_safe() -> None:
    observed = seen(NOON, max_cursor="50", oldest_open="2026-01-02T11:00:00.000000")
    assert bound(NUMBERS, INTEGER, observed).value is None
    assert bound(NUMBERS, INTEGER, observed, before="7").value == "7"


def test_an_integer_given_by_an_application_has_to_settle() -> None:
    marks = (
        Mark(seen_at="2026-01-02T11:59:00.000000", value="10"),
        Mark(seen_at="2026-01-02T11:59:30.000000", value="20"),
    )
    found = bound(LOOSE, INTEGER, seen(NOON, max_cursor="50"), marks=marks)
    assert found == Bound(value="10", how="settled")


def test_hidden_sessions_make_an_integer_settle() -> None:
    marks = (Mark(seen_at="2026-01-02T11:58:00.000000", value="10"),)
    observed = seen(NOON, max_cursor="50", sessions_hidden=True)
    found = bound(NUMBERS, INTEGER, observed, marks=marks)
    assert found == Bound(value="10", how="settled")


@pytest.mark.parametrize("hidden", [False, True])
def test_the_first_sighting_of_a_settled_integer_has_not_settled_yet(*, hidden: bool) -> None:
    spec = NUMBERS if hidden else LOOSE
    found = bound(spec, INTEGER, seen(NOON, max_cursor="50", sessions_hidden=hidden))
    assert found == Bound(value=None, how="settled")


def test_an_empty_table_leaves_an_integer_watermark_where_it_is() -> None:
    assert bound(NUMBERS, INTEGER, seen(NOON)).value is None
    assert bound(NUMBERS, INTEGER, seen(NOON), before="7").value == "7"


def test_a_rowversion_is_safe_below_the_lowest_in_use() -> None:
    found = bound(VERSIONED, VERSION, seen(NOON, lowest_active="0x0000000000000FA1"))
    assert found == Bound(value="0x0000000000000FA0", how="exact")


def test_a_rowversion_bound_stays_below_an_open_transaction_however_high_the_rows() -> None:
    observed = seen(NOON, max_cursor="0x0000000000001000", lowest_active="0x0000000000000FA1")
    assert bound(VERSIONED, VERSION, observed).value == "0x0000000000000FA0"


def test_a_source_whose_versions_stand_below_the_watermark_was_restored() -> None:
    observed = seen(NOON, lowest_active="0x0000000000000FA1")
    with pytest.raises(WatermarkAhead, match="restored"):
        bound(VERSIONED, VERSION, observed, before="0x0000000000000FA1")


def test_a_source_that_shows_no_version_in_use_cannot_be_read_by_rowversion() -> None:
    with pytest.raises(CursorUnsound):
        bound(VERSIONED, VERSION, seen(NOON))


def test_a_column_that_rounds_further_than_its_step_keeps_that_distance() -> None:
    cursor = replace(MILLI, open_unit=4_000_000)
    assert bound(EXACT, cursor, seen(NOON)).value == "2026-01-02 11:59:58.996"


def test_marks_keep_the_first_and_the_last_sightings() -> None:
    marks: tuple[Mark, ...] = ()
    for minute in range(60):
        now = seen(f"2026-01-02T12:{minute:02d}:00.000000", max_cursor=str(minute))
        marks = keep_marks(marks, NUMBERS, now)
    values = [int(mark.value) for mark in marks]
    assert len(values) == 16
    assert values == sorted(values)
    assert {0, 59} <= set(values)


def test_an_empty_table_leaves_no_mark() -> None:
    assert keep_marks((), NUMBERS, seen(NOON)) == ()
