"""How every order ends: it is closed, and alerted if something is wrong, or is well again."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import Context, StepFailed, Steps, orchestrates
from shared.durable.steps import OrderEnd, close_order, end_order, raise_alert
from shared.loading.errors import Failure
from shared.loading.order import Order, OrderWork
from shared.operations.records import HOST_FAILED, OrderRecord


@orchestrates(end_order)
def end_one_order(context: Context, work: OrderWork) -> Steps[OrderRecord]:
    """End an order whose own orchestration was ended from outside."""
    return (yield from finish_order(context, work.order, HOST_FAILED))


def finish_order(context: Context, order: Order, broke: Failure | None) -> Steps[OrderRecord]:
    """Close an order; `broke` is what failed outside any table's run. A lost alert fails nothing else."""
    end = OrderEnd(order_id=order.order_id, broke=broke, attempt=order.attempt)
    record = yield from close_order(context, end)
    if record.state != "failed" and not (record.held_back or record.unread or record.mended):
        return record
    try:
        return (yield from raise_alert(context, record))
    except StepFailed:
        return replace(record, alert="failed")
