"""A source that is not what it was stops the load, or the table file says that it may be so."""

from dataclasses import replace

import pytest
from loading_samples import EXACT, INTEGER, SPEC, seen

from shared.catalog import CursorSpec
from shared.loading.errors import FutureCursor, SourceEmptied, SourceReplaced, WatermarkAhead
from shared.loading.order import Mode
from shared.loading.sentinels import (
    NullShare,
    check_count,
    check_emptied,
    check_identity,
    has_counter,
    judge_nulls,
)

NOON = "2026-01-02T12:00:00.000000"
NUMBERS = CursorSpec(kind="integer", column="id", assigned="database")
LOOSE = replace(NUMBERS, assigned="application")
FULL = "system=7 timeline=1 database=5 table=16400 counter=16399.16399"


@pytest.mark.parametrize("mode", ["incremental", "backfill"])
@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ("system=7", "system=8"),
        ("timeline=1", "timeline=2"),
        ("database=5", "database=6"),
        ("table=16400", "table=16500"),
        ("counter=16399.16399", "counter=16399.16420"),
    ],
)
def test_every_part_of_an_identity_that_changed_stops_what_goes_on(
    mode: Mode, changed: str, part: str
) -> None:
    with pytest.raises(SourceReplaced, match=part.partition("=")[2]):
        check_identity(mode, FULL, FULL.replace(changed, part))


@pytest.mark.parametrize("mode", ["initial", "snapshot", "reconcile"])
def test_a_replaced_source_is_taken_by_what_finds_out_for_itself(mode: Mode) -> None:
    check_identity(mode, FULL, FULL.replace("table=16400", "table=1"))


@pytest.mark.parametrize(
    ("last", "now"),
    [(None, FULL), (FULL, None), (FULL, "database=5 table=16400"), ("table=16400", FULL)],
)
def test_what_a_login_may_not_see_has_not_changed(last: str | None, now: str | None) -> None:
    check_identity("incremental", last, now)


def test_a_table_that_was_loaded_and_is_empty_stops() -> None:
    with pytest.raises(SourceEmptied, match=r"crm/dbo\.Users"):
        check_emptied(SPEC, "incremental", seen(NOON), loaded=True)


def test_a_table_that_may_be_empty_says_so_and_goes_on() -> None:
    [finding] = check_emptied(
        replace(SPEC, on_empty="accept"), "incremental", seen(NOON), loaded=True
    )
    assert "on_empty: accept" in finding


def test_an_empty_table_that_was_never_loaded_or_is_read_anew_is_nothing_special() -> None:
    assert check_emptied(SPEC, "incremental", seen(NOON), loaded=False) == ()
    assert check_emptied(SPEC, "initial", seen(NOON), loaded=True) == ()


def test_a_table_with_rows_of_any_kind_is_not_empty() -> None:
    for some in (seen(NOON, has_nulls=True), seen(NOON, max_cursor="2026-01-01")):
        assert check_emptied(SPEC, "incremental", some, loaded=True) == ()


@pytest.mark.parametrize("spec", [NUMBERS, LOOSE])
@pytest.mark.parametrize(("counter", "same"), [(None, True), ("900", True), ("1000", False)])
def test_numbers_that_went_back_stop_unless_their_sequence_proves_that_it_did_not(
    spec: CursorSpec, counter: str | None, *, same: bool
) -> None:
    observed = seen(NOON, max_cursor="5", counter=counter)
    with pytest.raises(WatermarkAhead):
        check_count(spec, INTEGER, observed, "1000", same=same)


def test_deleted_newest_rows_are_told_of_where_the_sequence_stands_above_the_watermark() -> None:
    observed = seen(NOON, max_cursor="990", counter="1000")
    [finding] = check_count(NUMBERS, INTEGER, observed, "1000", same=True)
    assert "newest rows were deleted" in finding


def test_a_number_that_the_sequence_has_not_given_stops_the_load() -> None:
    observed = seen(NOON, max_cursor=str(2**63 - 1), counter="120")
    with pytest.raises(FutureCursor, match="above 120"):
        check_count(NUMBERS, INTEGER, observed, "100", same=True)
    [finding] = check_count(replace(NUMBERS, future="read"), INTEGER, observed, "100", same=True)
    assert "does not follow" in finding


def test_a_number_above_a_sequence_that_an_application_may_not_use_is_only_told_of() -> None:
    observed = seen(NOON, max_cursor="1000", counter="1")
    [finding] = check_count(LOOSE, INTEGER, observed, "900", same=True)
    assert "will not be seen" in finding


def test_numbers_as_they_should_be_are_not_spoken_of() -> None:
    observed = seen(NOON, max_cursor="120", counter="120")
    assert check_count(NUMBERS, INTEGER, observed, "120", same=False) == ()
    assert check_count(NUMBERS, INTEGER, seen(NOON), "120", same=False) == ()


def test_an_identity_tells_whether_it_knows_the_sequence() -> None:
    assert has_counter(FULL)
    assert not has_counter("system=7 table=16400")
    assert not has_counter(None)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((10, 1_000), (19, 1_000), False),
        ((10, 1_000), (20, 1_000), True),
        ((500, 100_000), (999, 100_000), False),
        ((500, 100_000), (1_000, 100_000), True),
        ((1, 1_000_000), (99, 1_000_000), False),
        ((1, 1_000_000), (100, 1_000_000), True),
        ((900, 1_000), (90, 1_000), False),
        ((100, 1_000), (100, 500), False),
        ((0, 0), (0, 0), False),
    ],
)
def test_rows_without_a_cursor_value_are_told_of_when_they_grow_clearly(
    before: tuple[int, int], now: tuple[int, int], *, told: bool
) -> None:
    last, seen_now = (NullShare(nulls=n, rows=r) for n, r in (before, now))
    assert bool(judge_nulls("updated_at", last, seen_now)) is told


def test_the_first_count_of_rows_without_a_cursor_value_has_nothing_to_grow_from() -> None:
    assert judge_nulls("updated_at", None, NullShare(nulls=500, rows=1_000)) == ()


def test_the_finding_names_the_column_and_both_counts() -> None:
    last, now = NullShare(nulls=10, rows=1_000), NullShare(nulls=250, rows=1_000)
    [finding] = judge_nulls(EXACT.column or "", last, now)
    assert all(part in finding for part in ("updated_at", "250", "25.0%", "10", "1.0%"))
