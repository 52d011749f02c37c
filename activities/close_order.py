"""End an order: its state follows from its runs."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.loading.order import State
from shared.operations.records import OrderRecord
from shared.runtime import wiring


@implements(steps.close_order)
def close_order(end: steps.OrderEnd) -> OrderRecord:
    """Fail the order if any of its tables (of a backfill: its windows) failed or has no record."""
    app = wiring.app()
    ended = app.now().isoformat()
    record = app.ledger.order(end.order_id)
    states = _states(app, record) if record else []
    failed = sum(state == "failed" for state in states)

    def close(record: OrderRecord) -> OrderRecord:
        state: State = "succeeded"
        if failed or end.broke:
            state = "failed"
        elif any(each != "succeeded" for each in states):
            state = "cancelled" if record.cancel_requested else "failed"
        return replace(record, state=state, failed=failed, error=end.broke, ended_at=ended)

    return app.ledger.change_order(end.order_id, close)


def _states(app: wiring.App, record: OrderRecord) -> list[str]:
    order = record.order
    if order.mode == "backfill":
        return [window.state for window in app.ledger.windows(order.order_id)]
    runs = {run.table: run.state for run in app.ledger.runs_of_order(order.order_id)}
    return [runs.get(table, "failed") for table in order.tables]
