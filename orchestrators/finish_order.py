"""How every order ends: it is closed, and alerted if something failed."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import Context, StepFailed, Steps
from shared.durable.steps import OrderEnd, close_order, raise_alert
from shared.loading.errors import Failure
from shared.operations.records import OrderRecord


def finish_order(context: Context, order_id: str, broke: Failure | None) -> Steps[OrderRecord]:
    """Close an order; `broke` is what failed outside any table's run. A lost alert fails nothing else."""
    record = yield from close_order(context, OrderEnd(order_id=order_id, broke=broke))
    if record.state != "failed":
        return record
    try:
        return (yield from raise_alert(context, record))
    except StepFailed:
        return replace(record, alert="failed")
