"""A preview plans as a load does, asks the source no more than it must, and tells what would stop it."""

from collections import Counter
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.catalog import CursorSpec, SliceSpec, SourceSpec, TableSpec
from shared.extraction.planning import PlanBasis
from shared.extraction.source import Column, Reading, Session, Statement, TableShape
from shared.loading.errors import NullCursor, QueryRefused, SourceUnavailable, TypeUnsupported
from shared.loading.order import BackfillSpec, TableOrder
from shared.loading.span import Observation, Span
from shared.loading.watermark import Watermark
from shared.operations.preview import MOST_ESTIMATES, Preview, preview_load

SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.A",
    key=("id",),
    cursor=CursorSpec(kind="integer", column="no", assigned="database"),
    target="bronze/crm/a",
    slices=SliceSpec(rows=10, parallel=2),
)
ORDER = TableOrder(
    order_id="20260101T000000000Z-00000a", table=SPEC.name, mode="incremental", reason="request"
)
MARK = Watermark(position="100", how="exact", run_id="run", moved_at="t")
BASIS = PlanBasis(
    order=ORDER,
    spec=SPEC,
    run_no=2,
    watermark=MARK,
    published_run_no=1,
    columns=(),
    marks=(),
    planned_at="t",
)


@dataclass
class Source:
    """A source of as many rows as there are numbers up to `highest`. Implements `Sources` and `Session`."""

    highest: int = 125
    has_nulls: bool = False
    fails: dict[str, Exception] = field(default_factory=dict)
    asked: Counter[Any] = field(default_factory=Counter)

    @contextmanager
    def open(self, table: TableSpec, columns: object = ()) -> Generator[Session]:
        self._ask("open")
        yield self

    def shape(self, table: TableSpec) -> TableShape:
        self._ask("shape")
        columns = (Column(name="no", source_type="bigint", nullable=False),)
        return TableShape(columns=columns, estimated_rows=self.highest)

    def observe(self, table: TableSpec, _since: str | None = None) -> Observation:
        self._ask("observe")
        return Observation(
            clock="2026-01-01T00:00:00.000000",
            max_cursor=str(self.highest),
            has_nulls=self.has_nulls,
            oldest_open=None,
            sessions_hidden=False,
        )

    def estimate(self, table: TableSpec, span: Span) -> int:
        self._ask("estimate")
        self._ask(span)
        if span.nulls:
            return 7
        return int(span.upto or self.highest) - int(span.after or 0)

    def cut(self, table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:
        first = int(span.after or 0)
        size = -(-(self.highest - first) // parts)
        return tuple(
            str(first + size * n) for n in range(1, parts) if first + size * n < self.highest
        )

    def statement(self, table: TableSpec, span: Span) -> Statement:
        values = {"after": span.after, "upto": span.upto}
        return Statement(sql="SELECT", values={n: v for n, v in values.items() if v is not None})

    def read(self, table: TableSpec, span: Span) -> AbstractContextManager[Reading]:
        raise AssertionError("a preview reads nothing")

    def ping(self) -> None:
        raise AssertionError("nobody asks")

    def _ask(self, what: Any) -> None:
        self.asked[what] += 1
        if what in self.fails:
            raise self.fails[what]


def preview(
    source: Source, basis: PlanBasis = BASIS, period: BackfillSpec | None = None
) -> Preview:
    return preview_load(source, basis, period)


def test_slices_come_with_their_queries_and_their_rows() -> None:
    found = preview(Source())
    assert (found.mode, found.watermark_before, found.stops) == ("incremental", "100", None)
    assert [each.estimated_rows for each in found.slices] == [9, 9, 7]
    assert found.estimated_rows == 25
    assert dict(found.slices[1].statement.values) == {"after": "109", "upto": "118"}


def test_nothing_is_asked_twice() -> None:
    source = Source()
    preview(source)
    assert max(source.asked[each] for each in source.asked if isinstance(each, Span)) == 1
    assert (source.asked["shape"], source.asked["observe"]) == (1, 1)


def test_very_many_slices_share_what_they_hold_together() -> None:
    source = Source(highest=100 + 10 * MOST_ESTIMATES * 2, has_nulls=True)
    found = preview(source)
    assert len(found.slices) > MOST_ESTIMATES
    assert found.estimated_rows == source.highest - 100 + 7
    assert source.asked["estimate"] < 10


def test_a_backfill_shows_the_windows_that_it_would_load() -> None:
    period = BackfillSpec(start="11", end="51", window="10", parallel=1)
    basis = replace(BASIS, order=replace(ORDER, mode="backfill"))
    found = preview(Source(), basis, period)
    assert [each.part.span for each in found.slices] == [
        Span(after=str(n), upto=str(n + 10)) for n in (10, 20, 30, 40)
    ]
    assert (found.mode, found.bound.how, found.estimated_rows) == ("backfill", "none", 40)


def test_what_stops_a_load_is_told_with_what_was_known_by_then() -> None:
    basis = replace(BASIS, spec=replace(SPEC, nulls="fail"))
    found = preview(Source(has_nulls=True), basis)
    assert found.stops is not None
    assert (found.stops.type, found.slices) == (NullCursor.__name__, ())
    assert (found.columns[0].name, found.found is not None) == ("no", True)


@pytest.mark.parametrize("step", ["open", "shape", "observe"])
def test_a_source_that_refuses_would_stop_the_load_wherever_it_does(step: str) -> None:
    found = preview(Source(fails={step: QueryRefused("no")}))
    assert found.stops == QueryRefused("no").failure
    assert (found.columns == ()) == (step != "observe")
    assert (found.found, found.watermark_before, found.mode) == (None, "100", "incremental")


@pytest.mark.parametrize(
    ("basis", "mode"),
    [
        (replace(BASIS, watermark=None), "initial"),
        (
            replace(BASIS, spec=replace(SPEC, cursor=CursorSpec(kind="none", column=None))),
            "snapshot",
        ),
        (replace(BASIS, order=replace(ORDER, mode="initial")), "initial"),
    ],
)
def test_a_load_that_is_stopped_says_what_it_would_have_been(basis: PlanBasis, mode: str) -> None:
    assert preview(Source(fails={"shape": TypeUnsupported("x")}), basis).mode == mode


def test_a_source_that_does_not_answer_tells_nothing() -> None:
    with pytest.raises(SourceUnavailable):
        preview(Source(fails={"estimate": SourceUnavailable("gone")}))


def whole(**period: str | None) -> Preview:
    usual: dict[str, Any] = {"start": None, "end": None, "window": "", "parallel": 1}
    basis = replace(BASIS, order=replace(ORDER, mode="backfill"))
    return preview(Source(has_nulls=True), basis, BackfillSpec(**{**usual, **period}))


def read_by(found: Preview) -> list[Span]:
    return [each.part.span for each in found.slices]


def test_a_backfill_of_all_is_cut_by_rows_up_to_the_watermark_and_takes_in_the_nulls() -> None:
    first, *middle, last, nulls = read_by(whole())
    assert (first.after, last.upto, nulls) == (None, "100", Span(nulls=True))
    assert [a.upto for a in (first, *middle)] == [b.after for b in (*middle, last)]
    assert len(middle) == 8


def test_a_backfill_without_a_start_ends_where_it_is_told_and_has_no_nulls() -> None:
    found = read_by(whole(end="51"))
    assert (found[0].after, found[-1].upto) == (None, "50")
    assert not any(span.nulls for span in found)


def test_a_backfill_without_an_end_goes_up_to_the_watermark_this_value_included() -> None:
    found = read_by(whole(start="81"))
    assert (found[0].after, found[-1].upto) == ("80", "100")
    assert not any(span.nulls for span in found)


def test_a_backfill_without_a_watermark_says_what_would_stop_it() -> None:
    basis = replace(BASIS, watermark=None, order=replace(ORDER, mode="backfill"))
    period = BackfillSpec(start=None, end=None, window="", parallel=1)
    stops = preview(Source(), basis, period).stops
    assert stops is not None
    assert stops.type == "BadOrder"
