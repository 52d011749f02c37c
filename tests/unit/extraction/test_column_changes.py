"""A load after a change: what is set aside is read once, digests of other columns say nothing, positions keep their meaning."""

from dataclasses import replace
from typing import Any

import pytest
from test_planning import MARK, ORDER, POSITION, SPEC, MemorySession, planned, spans

from shared.extraction.changes import check_form, find_start
from shared.loading.cursor import CursorType
from shared.loading.drift import fingerprint
from shared.loading.errors import SchemaDrifted, WatermarkForeign
from shared.loading.plan import PlannedColumn
from shared.loading.span import Span
from shared.loading.turn import SetAside
from shared.loading.watermark import Watermark

ASIDE = replace(SPEC, on_drift="quarantine")
KNOWN = tuple(PlannedColumn(name=name, source_type="int8") for name in ("id", "at"))
MORE = MemorySession(columns=("id", "at", "age"))
ADDED = fingerprint(["column age (int8) is new"])
OVERLAP = replace(MARK, overlap="o.bin", overlap_run_no=3)
MICRO = CursorType(kind="timestamp", step=1_000, zoned=False)
ZONED = replace(MICRO, zoned=True)
DATE = CursorType(kind="date", step=1, zoned=False)
NUMBER = CursorType(kind="integer", step=1, zoned=False)


def aside(**basis: Any) -> Any:
    return planned(MORE, spec=ASIDE, columns=KNOWN, **basis)


def test_what_is_set_aside_is_read_from_the_watermark_and_leaves_it() -> None:
    plan = aside(watermark=OVERLAP, published_run_no=3)
    assert spans(plan) == [Span(after=POSITION)]
    assert (plan.reasons, plan.advances) == (("column age (int8) is new",), False)
    assert plan.target == "quarantine/crm/dbo.Users"
    assert plan.overlap is None


def test_the_same_drift_is_set_aside_once() -> None:
    plan = aside(set_aside=SetAside(drift=ADDED, run_id="r7", run_no=7))
    assert (spans(plan), bool(plan.reasons)) == ([], True)
    assert "nothing is read: run r7 has set aside the same" in plan.findings


def test_another_drift_is_set_aside_again() -> None:
    plan = aside(set_aside=SetAside(drift="other", run_id="r7", run_no=7))
    assert spans(plan) == [Span(after=POSITION)]


def test_what_was_set_aside_lands_by_an_initial_load_and_once_the_column_is_wanted() -> None:
    known = SetAside(drift=ADDED, run_id="r7", run_no=7)
    initial = aside(set_aside=known, order=replace(ORDER, mode="initial"))
    added = planned(MORE, columns=KNOWN, set_aside=known)
    assert (initial.reasons, added.reasons) == ((), ())
    assert (spans(initial), spans(added)) == ([Span()], [Span(after=POSITION)])


def test_a_backfill_of_a_table_that_has_drifted_stops() -> None:
    with pytest.raises(SchemaDrifted, match="age"):
        aside(order=replace(ORDER, mode="backfill"))


@pytest.mark.parametrize(
    ("columns", "overlap"),
    [(("id", "at"), "o.bin"), (("at", "id"), None), (("id", "at", "x"), None)],
)
def test_digests_of_other_columns_say_nothing(
    columns: tuple[str, ...], overlap: str | None
) -> None:
    plan = planned(
        MemorySession(columns=columns), columns=KNOWN, watermark=OVERLAP, published_run_no=3
    )
    assert plan.overlap == overlap


def watermark(position: str, **more: Any) -> Watermark:
    return replace(MARK, position=position, **more)


@pytest.mark.parametrize(
    ("cursor", "mark"),
    [
        (NUMBER, watermark(POSITION)),
        (MICRO, watermark("17")),
        (MICRO, watermark("2026-01-01 00:00:00+00")),
        (MICRO, watermark(POSITION, zoned=True)),
        (ZONED, watermark(POSITION, zoned=False)),
    ],
)
def test_a_watermark_of_another_type_is_never_read_as_if_it_were_of_this_one(
    cursor: CursorType, mark: Watermark
) -> None:
    with pytest.raises(WatermarkForeign):
        check_form(mark, cursor)


@pytest.mark.parametrize(
    ("cursor", "mark"),
    [
        (MICRO, watermark(POSITION)),
        (MICRO, watermark("2026-01-01")),
        (DATE, watermark(POSITION)),
        (ZONED, watermark("2026-01-01 00:00:00+00", zoned=True)),
        (ZONED, watermark(POSITION, by="set")),
    ],
)
def test_a_watermark_that_means_the_same_goes_on(cursor: CursorType, mark: Watermark) -> None:
    check_form(mark, cursor)


def test_an_initial_load_is_the_remedy_for_a_foreign_watermark() -> None:
    foreign = watermark("17")
    with pytest.raises(WatermarkForeign):
        planned(watermark=foreign)
    plan = planned(watermark=foreign, order=replace(ORDER, mode="initial"))
    assert spans(plan) == [Span()]


def test_a_load_begins_a_step_earlier_where_the_column_became_coarser() -> None:
    fine = watermark("2026-01-01 00:00:00.1234567")
    assert spans(planned(watermark=fine)) == [Span(after="2026-01-01 00:00:00.123455")]
    assert planned(watermark=fine).watermark_before == fine.position


def test_a_position_that_a_person_set_is_taken_as_it_is() -> None:
    fine = watermark("2026-01-01 00:00:00.1234567", by="set")
    assert find_start(fine, MICRO, fine.position) == fine.position
