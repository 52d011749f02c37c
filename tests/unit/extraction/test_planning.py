"""Planning looks at the source once and says what will be read and where progress will stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.catalog import ColumnSpec, CursorSpec, SliceSpec, SourceSpec, TableSpec
from shared.extraction.planning import PlanBasis, make_plan
from shared.extraction.source import Column, Reading, Statement, TableShape
from shared.loading.bound import NO_BOUND, Mark
from shared.loading.errors import (
    BadOrder,
    NullCursor,
    SchemaDrifted,
    SourceEmptied,
    SourceReplaced,
    WatermarkAhead,
)
from shared.loading.order import TableOrder
from shared.loading.plan import LoadPlan, PlannedColumn
from shared.loading.span import Holder, Observation, Span
from shared.loading.watermark import Watermark

NOON = "2026-01-02T12:00:00.000000"
POSITION = "2026-01-01 00:00:00.000000"
SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.Users",
    key=("id",),
    cursor=CursorSpec(kind="timestamp", column="at"),
    target="bronze/crm/users",
    settle=timedelta(seconds=60),
    slices=SliceSpec(rows=100, parallel=2),
)
WHOLE = replace(SPEC, cursor=CursorSpec(kind="none", column=None))
NUMBERS = replace(SPEC, cursor=CursorSpec(kind="integer", column="no", assigned="database"))
ORDER = TableOrder(
    order_id="20260101T000000000Z-00000a",
    table="crm/dbo.Users",
    mode="incremental",
    reason="request",
)
MARK = Watermark(position=POSITION, how="settled", run_id="r", moved_at="t")


@dataclass
class MemorySession:
    """Implements `shared.extraction.source.Session` for a source that shows what it is told to."""

    highest: str | None = "2026-01-02 12:00:30.000000"
    least: str | None = None
    has_nulls: bool = False
    clock: str = NOON
    oldest_open: str | None = None
    rows: int = 50
    cuts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("id", "at")
    findings: tuple[str, ...] = ()
    identity: str | None = None
    doubts: tuple[str, ...] = ()
    holders: tuple[Holder, ...] = ()
    counter: str | None = None
    asked: list[Any] = field(default_factory=list)

    def shape(self, _table: TableSpec) -> TableShape:
        columns = tuple(Column(name=n, source_type="int8", nullable=True) for n in self.columns)
        return TableShape(
            columns=columns,
            estimated_rows=self.rows,
            resolution="0.000001",
            zoned=False,
            lowest=self.least,
            findings=self.findings,
            identity=self.identity,
        )

    def observe(self, _table: TableSpec, _since: str | None = None) -> Observation:
        self.asked.append("observe")
        return Observation(
            clock=self.clock,
            max_cursor=self.highest,
            has_nulls=self.has_nulls,
            oldest_open=self.oldest_open,
            sessions_hidden=False,
            doubts=self.doubts,
            holders=self.holders,
            counter=self.counter,
        )

    def estimate(self, _table: TableSpec, span: Span) -> int:
        self.asked.append(span)
        return self.rows

    def cut(self, _table: TableSpec, _span: Span, parts: int) -> tuple[str, ...]:
        self.asked.append(parts)
        return self.cuts

    def statement(self, _table: TableSpec, _span: Span) -> Statement:
        raise AssertionError("planning sends no such query")

    @contextmanager
    def read(self, _table: TableSpec, _span: Span) -> Iterator[Reading]:
        raise AssertionError("planning reads no row")

    def ping(self) -> None:
        raise AssertionError("planning asks for more than an answer")


def planned(session: MemorySession | None = None, **basis: Any) -> LoadPlan:
    usual = PlanBasis(
        order=ORDER,
        spec=SPEC,
        run_no=7,
        watermark=MARK,
        published_run_no=0,
        columns=(),
        marks=(),
        planned_at="2026-01-02T12:00:00+00:00",
    )
    return make_plan(session or MemorySession(), replace(usual, **basis)).plan


def spans(plan: LoadPlan) -> list[Span]:
    return [part.span for part in plan.slices]


def test_an_incremental_load_reads_everything_above_the_watermark() -> None:
    plan = planned()
    assert spans(plan) == [Span(after=POSITION)]
    assert (plan.mode, plan.run_no, plan.watermark_before) == ("incremental", 7, POSITION)
    assert (plan.bound.value, plan.bound.how) == ("2026-01-02 11:58:59.999999", "settled")


def test_without_a_watermark_the_first_load_is_initial() -> None:
    plan = planned(watermark=None)
    assert (plan.mode, plan.watermark_before, spans(plan)) == ("initial", None, [Span()])


def test_a_first_load_with_a_start_reads_from_there_that_value_included() -> None:
    spec = replace(SPEC, cursor=replace(SPEC.cursor, start="2026-01-01"))
    plan = planned(spec=spec, watermark=None)
    assert (plan.mode, spans(plan)) == (
        "incremental",
        [Span(after="2025-12-31 23:59:59.999999")],
    )


def test_a_start_is_forgotten_once_there_is_a_watermark_and_by_an_initial_load() -> None:
    spec = replace(SPEC, cursor=replace(SPEC.cursor, start="2025-01-01"))
    assert spans(planned(spec=spec)) == [Span(after=POSITION)]
    assert spans(planned(spec=spec, order=replace(ORDER, mode="initial"))) == [Span()]


def test_nothing_may_be_skipped_between_a_start_and_what_is_asked_for() -> None:
    spec = replace(SPEC, cursor=replace(SPEC.cursor, start="2025-01-01"))
    with pytest.raises(BadOrder, match="would be skipped"):
        planned(spec=spec, watermark=None, order=replace(ORDER, after="2025-06-01"))


def test_what_the_source_says_of_a_table_is_told_with_the_plan() -> None:
    plan = planned(MemorySession(findings=("readers lock writers out",)))
    assert plan.findings == ("readers lock writers out",)


def test_a_load_that_is_not_fresh_waits_for_the_bound() -> None:
    plan = planned(spec=replace(SPEC, fresh=False))
    assert spans(plan) == [Span(after=POSITION, upto="2026-01-02 11:58:59.999999")]


def test_a_load_that_is_not_fresh_reads_nothing_while_the_bound_stands() -> None:
    early = MemorySession(clock="2026-01-01T00:00:30.000000", highest="2026-01-01 00:00:10.000000")
    assert spans(planned(early, spec=replace(SPEC, fresh=False))) == []


@pytest.mark.parametrize(
    ("highest", "upto"),
    [
        ("2026-01-02 11:00:00.000000", "2026-01-02 11:00:00.000000"),
        ("2026-01-02 11:59:30.000000", "2026-01-02 11:58:59.999999"),
    ],
)
def test_a_load_that_is_not_fresh_does_not_wait_for_ever_for_the_highest_value(
    highest: str, upto: str
) -> None:
    """The bound stays below it, for others like it; in a table at rest it would never be read."""
    plan = planned(MemorySession(highest=highest), spec=replace(SPEC, fresh=False))
    assert spans(plan) == [Span(after=POSITION, upto=upto)]
    assert plan.bound.value is not None
    assert plan.bound.value < highest


@pytest.mark.parametrize("mode", ["initial", "snapshot"])
def test_a_load_of_everything_has_no_upper_end_even_if_not_fresh(mode: str) -> None:
    plan = planned(order=replace(ORDER, mode=mode), spec=replace(SPEC, fresh=False))  # type: ignore[arg-type] - a literal
    assert (plan.mode, spans(plan)) == (mode, [Span()])


def test_nothing_above_the_watermark_is_nothing_to_read() -> None:
    assert spans(planned(MemorySession(highest=POSITION))) == []
    assert spans(planned(MemorySession(highest=None))) == []


def test_rows_without_a_cursor_value_are_a_slice_of_their_own() -> None:
    assert spans(planned(MemorySession(has_nulls=True))) == [
        Span(after=POSITION),
        Span(nulls=True),
    ]
    assert spans(planned(MemorySession(has_nulls=True, highest=None))) == [Span(nulls=True)]


def test_rows_without_a_cursor_value_are_left_out_where_the_table_says_so() -> None:
    plan = planned(MemorySession(has_nulls=True), spec=replace(SPEC, nulls="ignore"))
    assert spans(plan) == [Span(after=POSITION)]
    assert plan.findings == ("rows without a value in at are left out (nulls: ignore)",)


def test_rows_without_a_cursor_value_stop_the_load_where_the_table_says_so() -> None:
    with pytest.raises(NullCursor, match=r"crm/dbo\.Users"):
        planned(MemorySession(has_nulls=True), spec=replace(SPEC, nulls="fail"))


def test_a_table_without_a_cursor_is_always_a_snapshot() -> None:
    session = MemorySession()
    plan = planned(session, spec=WHOLE, watermark=None)
    assert (plan.mode, plan.bound, plan.cursor, spans(plan)) == (
        "snapshot",
        NO_BOUND,
        None,
        [Span()],
    )
    assert "observe" not in session.asked


def test_a_snapshot_of_a_table_with_a_cursor_reads_its_nulls_too() -> None:
    plan = planned(MemorySession(has_nulls=True), order=replace(ORDER, mode="snapshot"))
    assert spans(plan) == [Span(), Span(nulls=True)]
    assert not plan.advances


def test_a_snapshot_of_an_empty_table_still_reads_it() -> None:
    assert spans(planned(MemorySession(highest=None), order=replace(ORDER, mode="snapshot"))) == [
        Span()
    ]


def test_a_start_of_ones_own_reads_from_there_and_trusts_no_digest() -> None:
    known = replace(MARK, overlap="o.bin", overlap_run_no=3)
    order = replace(ORDER, after="2025-06-01")
    plan = planned(order=order, watermark=known, published_run_no=3)
    assert spans(plan) == [Span(after="2025-06-01 00:00:00.000000")]
    assert plan.overlap is None
    assert plan.bound.value == "2026-01-02 11:58:59.999999"


def test_a_start_above_the_watermark_is_refused() -> None:
    with pytest.raises(BadOrder, match="would be skipped"):
        planned(order=replace(ORDER, after="2026-01-01 00:00:00.000001"))


def test_a_start_of_ones_own_works_without_a_watermark() -> None:
    plan = planned(order=replace(ORDER, after="2025-06-01"), watermark=None)
    assert (plan.mode, spans(plan)) == ("incremental", [Span(after="2025-06-01 00:00:00.000000")])


@pytest.mark.parametrize(
    ("published", "overlap"), [(3, "o.bin"), (4, None)], ids=["nobody since", "somebody since"]
)
def test_digests_are_trusted_only_if_nobody_has_published_since(
    published: int, overlap: str | None
) -> None:
    known = replace(MARK, overlap="o.bin", overlap_run_no=3)
    assert planned(watermark=known, published_run_no=published).overlap == overlap


def test_an_initial_load_reads_anew_what_digests_know() -> None:
    known = replace(MARK, overlap="o.bin", overlap_run_no=3)
    plan = planned(order=replace(ORDER, mode="initial"), watermark=known, published_run_no=3)
    assert plan.overlap is None


def test_a_backfill_reads_its_windows_and_has_no_bound() -> None:
    windows = (Span(after="a", upto="b"), Span(after="b", upto="c"))
    plan = planned(order=replace(ORDER, mode="backfill", part=1, spans=windows))
    assert (spans(plan), plan.bound) == ([*windows], NO_BOUND)
    assert not plan.advances


def test_a_backfill_of_a_table_without_a_cursor_is_refused() -> None:
    with pytest.raises(BadOrder, match="nothing to backfill by"):
        planned(order=replace(ORDER, mode="backfill"), spec=WHOLE)


def test_a_large_span_is_cut_into_slices_that_touch() -> None:
    session = MemorySession(rows=250, cuts=("2026-01-01 06:00:00", "2026-01-01 18:00:00"))
    plan = planned(session)
    assert spans(plan) == [
        Span(after=POSITION, upto="2026-01-01 06:00:00"),
        Span(after="2026-01-01 06:00:00", upto="2026-01-01 18:00:00"),
        Span(after="2026-01-01 18:00:00"),
    ]
    assert 3 in session.asked
    assert [part.number for part in plan.slices] == [0, 1, 2]


@pytest.mark.parametrize("spec", [WHOLE, SPEC])
def test_what_has_no_order_is_not_cut(spec: TableSpec) -> None:
    session = MemorySession(rows=10_000, has_nulls=True, highest=None)
    assert len(planned(session, spec=spec).slices) == 1


def test_excluded_columns_are_not_planned() -> None:
    spec = replace(SPEC, columns=ColumnSpec(exclude=("secret",)))
    plan = planned(MemorySession(columns=("id", "at", "secret")), spec=spec)
    assert [column.name for column in plan.columns] == ["id", "at"]


def test_drift_stops_before_the_source_is_asked_for_more() -> None:
    session = MemorySession()
    last = (PlannedColumn(name="gone", source_type="text"),)
    with pytest.raises(SchemaDrifted, match="gone"):
        planned(session, columns=last)
    assert session.asked == []


def test_an_initial_load_is_the_remedy_for_drift() -> None:
    last = (PlannedColumn(name="gone", source_type="text"),)
    plan = planned(columns=last, order=replace(ORDER, mode="initial"))
    assert "column gone (text) is gone" in plan.findings


def test_a_watermark_ahead_of_the_source_stops_an_incremental_load() -> None:
    with pytest.raises(WatermarkAhead):
        planned(MemorySession(clock="2025-12-31T00:00:00.000000", highest=None))


def test_an_initial_load_is_the_remedy_for_a_watermark_ahead() -> None:
    restored = MemorySession(
        clock="2025-12-31T00:00:00.000000", highest="2025-12-31 00:00:10.000000"
    )
    plan = planned(restored, order=replace(ORDER, mode="initial"))
    assert plan.bound.value == "2025-12-30 23:58:59.999999"


def test_an_initial_load_lets_the_watermark_of_a_reseeded_source_go_back() -> None:
    reseeded = MemorySession(highest="5", columns=("id", "no"))
    mark = replace(MARK, position="1000")
    plan = planned(reseeded, spec=NUMBERS, watermark=mark, order=replace(ORDER, mode="initial"))
    assert plan.bound.value == "5"


def test_a_number_below_the_lowest_row_stays_open_while_its_transaction_may_be() -> None:
    """Somebody who is still open may have drawn 1 before 2 was committed."""
    session = MemorySession(
        highest="2", least="-99", columns=("id", "no"), oldest_open="2026-01-02T11:59:59.000000"
    )
    assert planned(session, spec=NUMBERS, watermark=None).bound.value == "-99"


def test_an_initial_load_trusts_no_mark_of_a_source_that_was_reseeded() -> None:
    """The mark was seen before the source began to count anew: 3 may still be uncommitted."""
    marks = (Mark(seen_at="2026-01-01T00:00:00.000000", value="4"),)
    reseeded = MemorySession(
        highest="5", least="-99", columns=("id", "no"), oldest_open="2026-01-02T11:59:59.000000"
    )
    order = replace(ORDER, mode="initial")
    plan = planned(reseeded, spec=NUMBERS, order=order, marks=marks)
    assert plan.bound.value == "-99"


def test_marks_of_an_integer_cursor_reach_the_bound() -> None:
    loose = replace(NUMBERS, cursor=replace(NUMBERS.cursor, assigned="application"))
    marks = (Mark(seen_at="2026-01-02T10:00:00.000000", value="30"),)
    session = MemorySession(highest="40", columns=("id", "no"))
    plan = planned(session, spec=loose, watermark=replace(MARK, position="20"), marks=marks)
    assert plan.bound.value == "30"


def test_a_plan_names_its_run() -> None:
    plan = planned()
    assert plan.run_id == "20260101T000000000Z-00000a.crm.dbo.Users"
    assert plan.planned_at == "2026-01-02T12:00:00+00:00"


ELSEWHERE = MemorySession(identity="system=7 table=2")


@pytest.mark.parametrize("mode", ["incremental", "backfill"])
def test_a_replaced_source_stops_before_it_is_looked_at(mode: str) -> None:
    session = replace(ELSEWHERE, asked=[])
    order = replace(ORDER, mode=mode)  # type: ignore[arg-type] - one of the modes
    with pytest.raises(SourceReplaced, match="table was 1 and is 2"):
        planned(session, identity="system=7 table=1", order=order)
    assert session.asked == []


@pytest.mark.parametrize("mode", ["initial", "snapshot"])
def test_a_replaced_source_may_be_read_anew_and_the_plan_knows_what_it_is(mode: str) -> None:
    order = replace(ORDER, mode=mode)  # type: ignore[arg-type] - one of the modes
    assert planned(ELSEWHERE, identity="table=1", order=order).identity == "system=7 table=2"


def test_a_table_without_a_watermark_has_nothing_that_could_be_another() -> None:
    assert planned(ELSEWHERE, identity="table=1", watermark=None).mode == "initial"


def test_a_table_that_was_published_and_is_empty_stops() -> None:
    with pytest.raises(SourceEmptied):
        planned(MemorySession(highest=None), published_run_no=3)
    assert planned(MemorySession(highest=None), published_run_no=0).slices == ()


def test_an_emptied_table_that_may_be_so_has_nothing_to_read() -> None:
    spec = replace(SPEC, on_empty="accept")
    plan = planned(MemorySession(highest=None), spec=spec, published_run_no=3)
    assert plan.slices == ()
    assert ["on_empty" in finding for finding in plan.findings] == [True]


def test_deleted_newest_numbers_are_let_through_only_from_the_same_sequence() -> None:
    session = MemorySession(highest="8", counter="10", identity="table=1 counter=5.5")
    mark = replace(MARK, position="10")
    given: dict[str, Any] = {"spec": NUMBERS, "watermark": mark}
    plan = planned(session, identity="table=1 counter=5.5", **given)
    assert (plan.slices, plan.bound.value) == ((), "10")
    assert ["newest rows were deleted" in finding for finding in plan.findings] == [True]
    for unknown in (None, "table=1"):
        with pytest.raises(WatermarkAhead):
            planned(session, identity=unknown, **given)
    with pytest.raises(SourceReplaced):
        planned(session, identity="table=1 counter=5.6", **given)


def test_who_holds_the_bound_back_is_a_finding_unless_it_is_but_for_a_moment() -> None:
    holder = Holder(session="pid 7", since="2026-01-02T11:00:00.000000", user="app")
    session = MemorySession(oldest_open=holder.since, holders=(holder,))
    [finding] = planned(session).findings
    assert "held back for 1:00:00" in finding
    assert "pid 7, user app" in finding
    young = MemorySession(oldest_open="2026-01-02T11:59:59.500000")
    assert planned(young).findings == ()


def test_why_a_bound_is_not_exact_is_told_where_it_could_be() -> None:
    session = MemorySession(doubts=("settled: its sequence is cached",))
    spec = replace(SPEC, cursor=replace(SPEC.cursor, assigned="database"))
    plan = planned(session, spec=spec)
    assert (plan.findings, plan.bound.how) == (session.doubts, "settled")
    assert planned(session).findings == ()
