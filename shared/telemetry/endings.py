"""What is told when something ends that others hang on: runs, orders, hand-overs and refreshes.

Its span is told by the step that ends it, with the time at which it began, and sent before that
step answers: a worker that dies before has not ended it, and whoever repeats the step tells it
again, in the same place. So no span is left hanging on one that was never told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from shared.catalog import TableSpec
from shared.lakehouse.handover import HandOver
from shared.lakehouse.records import RefreshRecord
from shared.loading.order import FINAL, ordered_at
from shared.loading.trace import (
    TracePlace,
    above_order,
    place_of_job,
    place_of_run,
    read_place,
    span_id_of,
)
from shared.operations.lag import lag_seconds
from shared.operations.records import HOST_FAILED, OrderRecord, RunRecord
from shared.telemetry import measures
from shared.telemetry.answered import Answered
from shared.telemetry.span import Attribute, Span, nanoseconds_of
from shared.telemetry.steps import attribute_name
from shared.telemetry.telemetry import Telemetry

# How long an answer waits for its span to be sent. A collector takes some milliseconds.
PATIENCE_SECONDS = 2.0
# Other traces that a hand-over names; of more only the number is told.
MOST_LINKS = 100
_MOST_HANDED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingWatch:
    """Tells of what has ended. `specs`, `runs_of_order` and `handover` are asked where an answer does not say enough."""

    telemetry: Telemetry
    specs: Callable[[], Mapping[str, TableSpec]]
    runs_of_order: Callable[[str], Sequence[RunRecord]]
    handover: Callable[[int], HandOver | None]

    def __call__(self, answered: Answered) -> None:
        """Tell of what a step has ended, if it has."""
        told = {
            "advance_watermark": self._tell_commit,
            "end_turn": self._tell_run,
            "close_order": self._tell_order,
            "hand_over": self._tell_handover,
            "close_refresh": self._tell_refresh,
        }.get(answered.step)
        if told is not None and answered.how == "gave":
            told(answered)
            self.telemetry.flush(PATIENCE_SECONDS)

    def _tell_commit(self, answered: Answered) -> None:
        run = msgspec.convert(answered.gave, RunRecord)
        by = _known(
            {measures.TABLE: run.table, measures.MODE: run.mode, measures.OUTCOME: run.outcome}
        )
        for measure, value in (
            (measures.ROWS, run.rows),
            (measures.BYTES, run.bytes),
            (measures.FILES, run.files),
        ):
            self.telemetry.measure(measure, value, by)

    def _tell_run(self, answered: Answered) -> None:
        run = msgspec.convert(answered.gave, RunRecord)
        place = read_place(answered.traceparent)
        self._measure_run(run, answered.ended)
        if place is not None:
            self.telemetry.tell(_run_span(run, place, answered.ended))

    def _measure_run(self, run: RunRecord, ended: int) -> None:
        by = {measures.TABLE: run.table, measures.MODE: run.mode}
        error = run.error.type if run.error else None
        ending = {measures.STATE: run.state, measures.OUTCOME: run.outcome, measures.ERROR: error}
        self.telemetry.measure(measures.RUNS, 1, _known({**by, **ending}))
        began = nanoseconds_of(run.started_at)
        seconds = ((nanoseconds_of(run.ended_at) if run.ended_at else ended) - began) / 1e9
        self.telemetry.measure(measures.RUN_DURATION, seconds, {**by, measures.STATE: run.state})
        if run.attempt == 1 and run.mode != "backfill":
            waited = began - nanoseconds_of(ordered_at(run.order_id).isoformat())
            self.telemetry.measure(measures.QUEUE_WAIT, max(waited, 0) / 1e9, by)
        self._measure_lag(run, ended)

    def _measure_lag(self, run: RunRecord, ended: int) -> None:
        spec = self.specs().get(run.table) if run.state == "succeeded" else None
        if spec is None:
            return
        lag = lag_seconds(spec, run.watermark_after, datetime.fromtimestamp(ended / 1e9, UTC))
        if lag is not None:
            self.telemetry.measure(measures.LAG, lag, {measures.TABLE: run.table})

    def _tell_order(self, answered: Answered) -> None:
        record = msgspec.convert(answered.gave, OrderRecord)
        order = record.order
        if answered.given.get("attempt") not in (None, order.attempt) or record.state not in FINAL:
            return  # a late execution of an attempt that another has followed
        by = {
            measures.REASON: order.reason,
            measures.MODE: order.mode,
            measures.STATE: record.state,
        }
        self.telemetry.measure(measures.ORDERS, 1, by)
        self._tell_lost_runs(record, answered)
        error = record.error.type if record.error else "RunsFailed" if record.failed else None
        said: dict[str, Attribute] = {
            "order_id": order.order_id,
            "attempt": order.attempt,
            "mode": order.mode,
            "reason": order.reason,
            "state": record.state,
            "tables": len(order.tables),
            "failed": record.failed,
        }
        self.telemetry.tell(
            Span(
                name="order",
                place=order.place,
                above=above_order(order.order_id, order.attempt, order.asked),
                began=nanoseconds_of(record.queued_at or order.created_at),
                ended=nanoseconds_of(record.ended_at) if record.ended_at else answered.ended,
                attributes=_named(said),
                error=error,
                kind="server",
            )
        )

    def _tell_lost_runs(self, record: OrderRecord, answered: Answered) -> None:
        """Tell of runs whose own orchestration was ended from outside: no step has told of their end."""
        if not record.failed and not answered.given.get("broke"):
            return
        for run in self.runs_of_order(record.order.order_id):
            mine = run.attempt == record.order.attempt
            lost = run.error is not None and run.error.type == HOST_FAILED.type
            if mine and (lost or answered.given.get("broke")):
                place = place_of_run(run.run_id, run.attempt, record.order.place)
                self.telemetry.tell(_run_span(run, place, answered.ended))

    def _tell_handover(self, answered: Answered) -> None:
        place = read_place(answered.gave.get("traceparent"))
        if place is None or answered.given.get("looks") or answered.given.get("skips"):
            return  # nothing is left, or a later generation that follows the same
        handover = self.handover(answered.gave["number"])
        if handover is None:
            return
        runs = sorted(
            (run for table in handover.tables for run in table.runs), key=lambda run: run.run_id
        )
        places = [(run.run_id, found) for run in runs if (found := read_place(run.traceparent))]
        others = [(run, found) for run, found in places if found.trace_id != place.trace_id]
        began = nanoseconds_of(handover.created_at)
        said: dict[str, Attribute] = {"handover": handover.number, "runs": len(runs)}
        span = Span(
            name="hand_over",
            place=place,
            above=places[0][1].span_id if places else None,
            began=began,
            ended=max(began, answered.ended),
            attributes=_named({**said, "releases": len(handover.releases)}),
            links=tuple(str(found) for _, found in others[:MOST_LINKS]),
        )
        self.telemetry.tell(span)
        for run_id, found in others[:_MOST_HANDED]:
            self.telemetry.tell(_handed_over(span, run_id, found))

    def _tell_refresh(self, answered: Answered) -> None:
        record = msgspec.convert(answered.gave, RefreshRecord)
        if record.attempt != answered.given["attempt"] or record.ended_at is None:
            return
        error = record.error.type if record.error else None
        ended = nanoseconds_of(record.ended_at)
        created, state = nanoseconds_of(record.created_at), {measures.STATE: record.state}
        self.telemetry.measure(measures.REFRESHES, 1, _known({**state, measures.ERROR: error}))
        self.telemetry.measure(measures.REFRESH_DURATION, (ended - created) / 1e9, state)
        above = read_place(record.traceparent)
        if above is None:
            return
        said: dict[str, Attribute] = {
            "handover": record.number,
            "attempt": record.attempt,
            "state": record.state,
        }
        if record.job_run_id is not None:
            said["job_run_id"] = record.job_run_id
        self.telemetry.tell(
            Span(
                name="job_run",
                place=place_of_job(record.number, record.attempt, above),
                above=above.span_id,
                began=nanoseconds_of(record.started_at) if record.started_at else created,
                ended=ended,
                attributes=_named(said),
                error=error,
            )
        )


def _run_span(run: RunRecord, place: TracePlace, ended: int) -> Span:
    said: dict[str, Attribute | None] = {
        "order_id": run.order_id,
        "run_id": run.run_id,
        "table": run.table,
        "attempt": run.attempt,
        "mode": run.mode,
        "state": run.state,
        "outcome": run.outcome,
        "bound": run.bound.how,
        "rows": run.rows,
        "files": run.files,
        "bytes": run.bytes,
    }
    began = nanoseconds_of(run.started_at)
    return Span(
        name="load_table",
        place=place,
        above=span_id_of(f"order {run.order_id} {run.attempt}"),
        began=began,
        ended=max(began, nanoseconds_of(run.ended_at) if run.ended_at else ended),
        attributes=_named({name: each for name, each in said.items() if each is not None}),
        error=run.error.type if run.error else None,
    )


def _handed_over(span: Span, run_id: str, place: TracePlace) -> Span:
    return Span(
        name="handed_over",
        place=place.child(f"handed over {span.place.span_id} {run_id}"),
        above=place.span_id,
        began=span.began,
        ended=span.ended,
        attributes={**span.attributes, attribute_name("run_id"): run_id},
        links=(str(span.place),),
    )


def _named(said: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {attribute_name(name): value for name, value in said.items()}


def _known(by: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in by.items() if value is not None}
