"""Tell somebody that an order has failed, or that bounds are held back for long, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shared.alerting.alert import Alert
from shared.durable import implements, steps
from shared.operations.alerts import (
    compose_alert,
    compose_held_alert,
    compose_unread_alert,
    with_runbook,
)
from shared.operations.holding import find_held, tell
from shared.operations.records import OrderRecord
from shared.runtime import wiring

Told = Literal["none", "sent", "failed"]


@implements(steps.raise_alert)
def raise_alert(record: OrderRecord) -> OrderRecord:
    """Send an alert of what failed, and one of who holds bounds back.

    Until they are delivered the ledger says `failed`, so that a lost one is visible.
    """
    app, order_id = wiring.app(), record.order.order_id
    known = app.ledger.order(order_id) or record
    runs = app.ledger.runs_of_order(order_id)
    if record.state == "failed" and known.alert != "sent":
        failed = [run for run in runs if run.state == "failed"]
        known = _send(app, order_id, compose_alert(record, failed, app.settings.base_url))
    if record.unread:
        unread = [run for run in runs if run.unread]
        known = _send(app, order_id, compose_unread_alert(record, unread, app.settings.base_url))
    held = find_held(runs, app.find_specs, app.states.turn)
    if record.held_back and held:
        known = _send(app, order_id, compose_held_alert(record, held, app.settings.base_url))
        for run in held:
            app.states.change_turn(run.table, lambda turn, bound=run.bound: tell(turn, bound))
    return known


def _send(app: wiring.App, order_id: str, alert: Alert) -> OrderRecord:
    _mark(app, order_id, "failed")
    told = app.notifier.send(with_runbook(alert, app.settings.alerts.runbook))
    return _mark(app, order_id, "sent" if told else "none")


def _mark(app: wiring.App, order_id: str, state: Told) -> OrderRecord:
    return app.ledger.change_order(order_id, lambda known: replace(known, alert=state))
