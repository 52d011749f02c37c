"""Take a table's turn, if nobody has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.durable import implements, steps
from shared.loading.order import TableOrder, ordered_at
from shared.loading.turn import Turn, gives_way, is_free, is_served, opens_at, take, withdraw
from shared.runtime import wiring


@implements(steps.take_turn)
def take_turn(wanted: steps.TurnWanted) -> steps.TurnAnswer:
    """Say whether the turn is ours, and what an earlier run has left half done."""
    app, order = wiring.app(), wanted.order
    at = app.now().isoformat()

    window = _window(app, order)
    due = (ordered_at(order.order_id) + window).isoformat()
    if window and at < due:
        return steps.TurnAnswer(taken=False, due_at=due)
    loads = order.mode != "backfill"
    serves = order.mode not in ("backfill", "reconcile")

    def step(turn: Turn) -> Turn:
        if _is_done(turn, wanted):
            return turn
        if not is_free(turn, order.run_id):
            return replace(turn, asked_at=at) if loads else turn
        if (not loads and gives_way(turn, at)) or at < opens_at(turn, window):
            return turn
        return take(turn, run_id=order.run_id, instance=wanted.instance, at=at, serves=serves)

    turn = app.states.change_turn(order.table, step)
    if turn.instance == wanted.instance and turn.holder == order.run_id:
        return steps.TurnAnswer(
            taken=True, epoch=turn.epoch, taken_at=turn.taken_at, unfinished=turn.claim
        )
    if _is_done(turn, wanted):
        return steps.TurnAnswer(taken=False, served=True)
    if turn.holder is None and at < (opens := opens_at(turn, window)):
        return steps.TurnAnswer(taken=False, due_at=opens)
    # Only a load that has to wait is asked about here: one that may begin is asked at its plan.
    if not app.ledger.is_cancelled(order.run_id, order.attempt):
        return steps.TurnAnswer(taken=False)
    app.states.change_turn(order.table, lambda turn: withdraw(turn, order.order_id))
    return steps.TurnAnswer(taken=False, cancelled=True)


def _window(app: wiring.App, order: TableOrder) -> timedelta:
    """Say for how long a load waits for more events to serve; not at all if no event asked for it."""
    spec = app.find_specs().get(order.table)
    if order.reason != "event" or order.attempt > 1 or spec is None:
        return timedelta(0)
    return spec.debounce


def _is_done(turn: Turn, wanted: steps.TurnWanted) -> bool:
    """Only what was asked for by counting may be served by somebody else's load."""
    order = wanted.order
    counted = order.reason in ("event", "schedule") and order.mode != "reconcile"
    return (
        counted
        and order.attempt == 1
        and turn.instance != wanted.instance
        and is_served(turn, order.order_id)
    )
