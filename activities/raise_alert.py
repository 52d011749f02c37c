"""Tell somebody that an order has failed, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shared.durable import implements, steps
from shared.operations.alerts import compose_alert
from shared.operations.records import OrderRecord
from shared.runtime import wiring


@implements(steps.raise_alert)
def raise_alert(record: OrderRecord) -> OrderRecord:
    """Send one alert. Until it is delivered the ledger says `failed`, so that a lost one is visible."""
    app, order_id = wiring.app(), record.order.order_id
    known = app.ledger.order(order_id)
    if known is not None and known.alert == "sent":
        return known
    failed = [run for run in app.ledger.runs_of_order(order_id) if run.state == "failed"]

    def mark(state: Literal["none", "sent", "failed"]) -> OrderRecord:
        return app.ledger.change_order(order_id, lambda known: replace(known, alert=state))

    mark("failed")
    sent = app.notifier.send(compose_alert(record, failed, app.settings.base_url))
    return mark("sent" if sent else "none")
