"""Tell of what an order says is wrong, or well again: once, whoever repeats it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shared.durable import implements, steps
from shared.operations.holding import find_held, tell
from shared.operations.records import OrderRecord
from shared.operations.troubles import mended_by, troubles_of
from shared.runtime import wiring

Told = Literal["none", "known", "sent", "failed"]


@implements(steps.raise_alert)
def raise_alert(record: OrderRecord) -> OrderRecord:
    """Write down what is wrong and what is well again, and send the messages that follow.

    Until they are delivered the ledger says `failed`, so that a lost one is visible.

    Raises:
        AlertUndelivered: a channel may take its message later, or somebody else is sending it.
        AlertRefused: a channel does not want it.
    """
    app, order_id = wiring.app(), record.order.order_id
    runs = app.ledger.runs_of_order(order_id)
    held = find_held(runs, app.find_specs, app.states.turn) if record.held_back else ()
    lags = app.lags() if record.state == "failed" else {}
    wrong = troubles_of(record, runs, held, app.settings.base_url, lags.get)
    board = app.teller.take_in(wrong, mended_by(record, runs))
    for run in held:
        app.states.change_turn(run.table, lambda turn, bound=run.bound: tell(turn, bound))
    if not any(order_id in message.orders for message in board.outbox):
        return _mark(app, order_id, "known" if app.teller.channels else "none", there="failed")
    _mark(app, order_id, "failed")
    app.teller.deliver(lambda message: order_id in message.orders).check()
    return _mark(app, order_id, "sent")


def _mark(app: wiring.App, order_id: str, state: Told, *, there: Told | None = None) -> OrderRecord:
    """Say in the ledger how far the alert is; where its message is gone already it was sent."""

    def step(known: OrderRecord) -> OrderRecord:
        if there is not None and known.alert in ("sent", there):
            return replace(known, alert="sent")
        return replace(known, alert=state)

    return app.ledger.change_order(order_id, step)
