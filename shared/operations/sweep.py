"""The sweep: takes up what a dead worker left. Asks the host which orchestrations are alive.

Decisions are made here from what the ledger, the turns and the host say; starting and asking is
done by the tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.loading.order import FINAL, order_instance, ordered_at
from shared.loading.turn import Turn, release
from shared.operations.ordering import OrderDesk, Start, end_of, start_of

# Between writing an order down and starting it, a healthy trigger takes far less than this.
GRACE = timedelta(seconds=30)

Life = Literal["alive", "ended", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An orchestration of which it has to be asked whether it lives, and for what."""

    instance: str
    order_id: str | None = None
    table: str | None = None


class Sweep:
    """One sweep: first `suspects`, then `settle` each with what the host said of it."""

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk

    def suspects(self) -> Iterator[Suspect]:
        """Name the orchestrations that unfinished orders and taken turns depend on."""
        for order_id in self._desk.ledger.unfinished_orders():
            record = self._desk.ledger.order(order_id)
            if record is not None and _is_old(
                record.queued_at or record.order.created_at, self._desk.now()
            ):
                instance = order_instance(record.order)
                yield Suspect(instance=instance, order_id=order_id)
        for table in self._desk.states.held():
            turn = self._desk.states.turn(table)
            if turn.instance is not None:
                yield Suspect(instance=turn.instance, table=table)

    def settle(self, suspect: Suspect, life: Life) -> Start | None:
        """Start an order that never began, end one that was ended from outside, free a dead turn."""
        if life == "alive":
            return None
        if suspect.order_id is not None:
            return self._settle_order(suspect.order_id, suspect.instance, life)
        if suspect.table is not None:
            self._free(suspect.table, suspect.instance)
        return None

    def forgotten(self) -> list[str]:
        """Name the tables whose requests or half-done commits nobody is about to take care of."""
        return [t for t in self._desk.states.held() if self._is_forgotten(t)]

    def _settle_order(self, order_id: str, instance: str, life: Life) -> Start | None:
        record = self._desk.ledger.order(order_id)
        if record is None or record.state in FINAL or order_instance(record.order) != instance:
            return None
        return start_of(record) if life == "unknown" else end_of(record)

    def _free(self, table: str, instance: str) -> None:
        def step(turn: Turn) -> Turn:
            return release(turn) if turn.instance == instance else turn

        self._desk.states.change_turn(table, step)

    def _is_forgotten(self, table: str) -> bool:
        turn = self._desk.states.turn(table)
        if turn.holder is not None:
            return False
        if turn.waiting is not None:
            waiting = self._desk.ledger.order(turn.waiting)
            if waiting is not None and waiting.state not in FINAL:
                return False
            if waiting is None and not _is_old_id(turn.waiting, self._desk.now()):
                return False
            self._desk.states.change_turn(table, lambda known: _forget(known, turn.waiting))
        return turn.claim is not None or turn.requested != turn.served


def _forget(turn: Turn, order_id: str | None) -> Turn:
    return replace(turn, waiting=None) if turn.waiting == order_id else turn


def _is_old(created_at: str, now: datetime) -> bool:
    return now - datetime.fromisoformat(created_at) > GRACE


def _is_old_id(order_id: str, now: datetime) -> bool:
    return now - ordered_at(order_id) > GRACE
