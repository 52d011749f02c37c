"""End an order: its state follows from its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.alerting.board import count_over
from shared.durable import implements, steps
from shared.loading.order import FINAL, State, run_id
from shared.operations.freshness import freshest
from shared.operations.holding import find_held
from shared.operations.records import HOST_FAILED, OrderRecord, RunRecord
from shared.operations.troubles import mended_by
from shared.runtime import wiring


@implements(steps.close_order)
def close_order(end: steps.OrderEnd) -> OrderRecord:
    """Fail the order if any of its tables (of a backfill: its windows) failed or has no record.

    One of which nothing failed is cancelled if anything of it was. One that is closed stays as it is,
    and one that is under way again is not for a late execution of the attempt before to close.
    """
    app = wiring.app()
    ended = app.now().isoformat()
    record = app.ledger.order(end.order_id)
    if record is not None and _is_closed(record, end):
        return record
    runs = app.ledger.runs_of_order(end.order_id)
    states = _states(app, record, runs) if record else []
    failed = sum(state == "failed" for state in states)
    held = find_held(runs, app.find_specs, app.states.turn)
    board = app.boards.read()
    app.freshness.write(freshest(runs))

    def close(record: OrderRecord) -> OrderRecord:
        if _is_closed(record, end):
            return record
        state: State = "succeeded"
        if failed or end.broke:
            state = "failed"
        elif any(each != "succeeded" for each in states):
            cancelled = record.cancel_requested or "cancelled" in states
            state = "cancelled" if cancelled else "failed"
        closed = replace(
            record,
            state=state,
            failed=failed,
            error=end.broke,
            ended_at=ended,
            held_back=len(held),
            unread=sum(run.unread for run in runs),
        )
        return replace(closed, mended=count_over(board, mended_by(closed, runs)))

    return app.ledger.change_order(end.order_id, close)


def _is_closed(record: OrderRecord, end: steps.OrderEnd) -> bool:
    return record.state in FINAL or end.attempt not in (None, record.order.attempt)


def _states(app: wiring.App, record: OrderRecord, found: Sequence[RunRecord]) -> list[str]:
    order = record.order
    if order.mode == "backfill":
        return [window.state for window in app.ledger.windows(order.order_id)]
    runs = {run.table: run for run in found}
    return [_settled(app, record, table, runs.get(table)).state for table in order.tables]


def _settled(app: wiring.App, record: OrderRecord, table: str, run: RunRecord | None) -> RunRecord:
    """Write a run down as failed whose orchestration has ended without a word."""
    if run is not None and run.state in FINAL:
        return run
    order = record.order
    now = app.now().isoformat()
    begun = run or RunRecord(
        run_id=run_id(order.order_id, table),
        order_id=order.order_id,
        table=table,
        mode=order.mode,
        state="queued",
        started_at=record.started_at or now,
        attempt=order.attempt,
    )
    ended = replace(begun, state="failed", outcome=None, ended_at=now, error=HOST_FAILED)
    app.ledger.record_run(ended)
    return ended
