"""What is told of steps and endings: every repetition stands where the first stood."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from shared.catalog import TableSpec
from shared.lakehouse.handover import HandedTable, HandOver
from shared.lakehouse.records import RefreshRecord
from shared.loading.errors import SourceUnavailable
from shared.loading.order import Order, TableOrder
from shared.loading.published import PublishedRun
from shared.loading.trace import place_of_handover
from shared.operations.records import HOST_FAILED, OrderRecord, RunRecord
from shared.telemetry import measures
from shared.telemetry.answered import Answered
from shared.telemetry.endings import EndingWatch
from shared.telemetry.measures import Measure
from shared.telemetry.span import ATTRIBUTES, SPANS, Span
from shared.telemetry.steps import StepWatch

ID = "20260101T000000000Z-abcdef"
TABLE = "shop/public.orders"
BEGAN, ENDED = "2026-01-01T00:00:05+00:00", "2026-01-01T00:00:09+00:00"
ORDER = Order(order_id=ID, tables=(TABLE,), created_at="2026-01-01T00:00:00+00:00")
WORK = TableOrder(order_id=ID, table=TABLE, mode="incremental", reason="request")
RUN = RunRecord(
    run_id=WORK.run_id,
    order_id=ID,
    table=TABLE,
    mode="incremental",
    state="succeeded",
    outcome="loaded",
    rows=7,
    started_at=BEGAN,
    ended_at=ENDED,
)


class Told:
    """Implements `Telemetry`: keeps what it is told."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.values: list[tuple[str, float, Mapping[str, str]]] = []
        self.flushes = 0

    def tell(self, span: Span) -> None:
        assert set(span.attributes) <= {f"tidemark.{name}" for name in ATTRIBUTES}
        self.spans.append(span)

    def measure(self, measure: Measure, value: float, by: Mapping[str, str]) -> None:
        assert set(by) <= set(measure.by)
        self.values.append((measure.name, value, by))

    def flush(self, seconds: float) -> None:
        self.flushes += 1

    def of(self, measure: Measure) -> list[float]:
        return [value for name, value, _ in self.values if name == measure.name]


@pytest.fixture
def told() -> Told:
    return Told()


def ending(told: Told, *runs: RunRecord, handover: HandOver | None = None) -> EndingWatch:
    specs: Mapping[str, TableSpec] = {}
    return EndingWatch(
        telemetry=told,
        specs=lambda: specs,
        runs_of_order=lambda _order: runs,
        handover=lambda _number: handover,
    )


def answered(step: str, gave: object, *, place: str = "", **given: Any) -> Answered:
    return Answered(
        step=step,
        given=given,
        answer={"gave": msgspec.to_builtins(gave)},
        traceparent=place or None,
        facts={"step": step},
        began=1,
        ended=2_000_000_000,
    )


def test_a_run_is_told_below_its_order_in_the_place_that_its_steps_hang_on(told: Told) -> None:
    ending(told)(answered("end_turn", RUN, place=WORK.traceparent))
    [span] = told.spans
    assert (span.name, str(span.place)) == ("load_table", WORK.traceparent)
    assert span.above == ORDER.place.span_id
    assert span.ended - span.began == 4_000_000_000
    assert told.of(measures.QUEUE_WAIT) == [5.0]
    assert told.flushes == 1


def test_a_step_that_is_repeated_is_another_span_beside_the_first(told: Told) -> None:
    watch = StepWatch(telemetry=told)
    for _ in range(2):
        watch(answered("publish", {"folder": None}, place=WORK.traceparent))
    one, two = told.spans
    assert one.above == two.above == WORK.traceparent.split("-")[2]
    assert one.place.span_id != two.place.span_id
    assert {span.name for span in told.spans} <= set(SPANS)


def test_an_ending_that_is_repeated_stands_where_it_stood(told: Told) -> None:
    record = OrderRecord(order=ORDER, state="succeeded", ended_at=ENDED)
    for _ in range(2):
        ending(told)(answered("close_order", record, attempt=1))
        ending(told)(answered("end_turn", RUN, place=WORK.traceparent))
    assert len(told.spans) == 4
    assert len({span.place for span in told.spans}) == 2


def test_a_late_close_of_an_attempt_that_another_has_followed_tells_nothing(told: Told) -> None:
    later = replace(ORDER, attempt=2)
    ending(told)(answered("close_order", OrderRecord(order=later, state="failed"), attempt=1))
    assert told.spans == []


def test_a_run_whose_orchestration_was_ended_from_outside_is_told_by_its_order(told: Told) -> None:
    lost = replace(RUN, state="failed", error=HOST_FAILED)
    record = OrderRecord(order=ORDER, state="failed", failed=1, ended_at=ENDED)
    ending(told, lost, replace(RUN, run_id="other"))(answered("close_order", record, attempt=1))
    run, order = told.spans
    assert (str(run.place), run.error) == (WORK.traceparent, "HostFailed")
    assert (order.name, order.error) == ("order", "RunsFailed")


def test_waiting_for_a_turn_is_told_once_it_is_over(told: Told) -> None:
    watch = StepWatch(telemetry=told)
    for taken in (False, False, True):
        gave = {"taken": taken, "served": False, "cancelled": False}
        watch(answered("take_turn", gave, place=WORK.traceparent))
    assert [span.name for span in told.spans] == ["take_turn"]
    assert len(told.of(measures.STEP_DURATION)) == 3


def test_a_passing_fault_counts_as_a_retry_and_a_refusal_as_a_failure(told: Told) -> None:
    failure = msgspec.to_builtins(SourceUnavailable("no").failure)
    watch = StepWatch(telemetry=told)
    for how in ("again", "busy", "refused"):
        watch(replace(answered("plan_load", None), answer={how: failure}))
    assert told.of(measures.STEP_RETRIES) == [1, 1]
    assert told.of(measures.STEP_FAILURES) == [1]


def handed(*traceparents: str) -> HandOver:
    runs = tuple(
        PublishedRun(
            run_id=f"r{n}", run_no=n, mode="initial", folder=f"f/{n}", traceparent=traceparent
        )
        for n, traceparent in enumerate(traceparents)
    )
    table = HandedTable(
        table=TABLE,
        target="bronze/o",
        silver="silver/o",
        key=("id",),
        soft_delete=None,
        valid_from=None,
        quality=(),
        until=len(runs),
        runs=runs,
    )
    place = place_of_handover(1, BEGAN, traceparents[0])
    return HandOver(number=1, created_at=BEGAN, tables=(table,), traceparent=str(place))


def test_a_hand_over_of_many_traces_stands_in_the_first_and_is_named_in_each(told: Told) -> None:
    traces = [f"00-{letter * 32}-{letter * 16}-01" for letter in "abc"]
    handover = handed(*traces)
    gave = {"number": 1, "attempt": 1, "traceparent": handover.traceparent}
    ending(told, handover=handover)(answered("hand_over", gave, looks=0, skips=0))
    over, *marks = told.spans
    assert (over.place.trace_id, over.above) == ("a" * 32, "a" * 16)
    assert over.links == tuple(traces[1:])
    assert [mark.place.trace_id for mark in marks] == ["b" * 32, "c" * 32]
    assert {mark.links for mark in marks} == {(str(over.place),)}


def test_a_later_generation_of_a_refresh_does_not_tell_its_hand_over_again(told: Told) -> None:
    handover = handed(WORK.traceparent)
    gave = {"number": 1, "attempt": 1, "traceparent": handover.traceparent}
    ending(told, handover=handover)(answered("hand_over", gave, looks=50, skips=0))
    assert told.spans == []


def test_each_attempt_of_a_refresh_has_a_job_run_below_the_hand_over(told: Told) -> None:
    handover = handed(WORK.traceparent)
    for attempt in (1, 2):
        record = RefreshRecord(
            number=1,
            path="p",
            digest="d",
            state="failed" if attempt == 1 else "succeeded",
            attempt=attempt,
            created_at=BEGAN,
            started_at=BEGAN,
            ended_at=ENDED,
            traceparent=handover.traceparent,
        )
        ending(told)(answered("close_refresh", record, attempt=attempt))
    one, two = told.spans
    assert one.above == two.above == handover.traceparent.split("-")[2]
    assert one.place != two.place
