"""Places orders: writes them down first, then says which orchestration is to be started.

Whoever calls starts it through a durable client. Should it die in between, the sweep of the next
tick finds the order written down and starts it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.loading.errors import BadOrder, ConflictError
from shared.loading.order import (
    FINAL,
    BackfillSpec,
    Mode,
    Order,
    OrderWork,
    Reason,
    is_order_id,
    new_order_id,
    order_instance,
    order_of_run,
    table_of_run,
)
from shared.loading.state import TableStates
from shared.loading.turn import Turn, request
from shared.operations.ledger import Ledger
from shared.operations.records import OrderRecord


class OrderUnknown(BadOrder):
    """List what there is with `GET /api/runs`; ids are kept as long as the ledger."""


class OrderActive(ConflictError):
    """Wait until the order has ended; `GET /api/orders/{id}` shows how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An orchestration to be started: its flow, its instance id, its input."""

    flow: str
    instance: str
    given: OrderWork

    @property
    def order(self) -> Order:
        """The order that it carries out."""
        return self.given.order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """Where orders are placed. `now` gives UTC; `entropy` six hex digits, new at each call."""

    ledger: Ledger
    states: TableStates
    now: Callable[[], datetime]
    entropy: Callable[[], str]

    def load(
        self,
        tables: Sequence[str],
        *,
        mode: Mode = "incremental",
        after: str | None = None,
        reason: Reason = "request",
    ) -> Start:
        """Order loads of tables."""
        order = self._order(tables, mode=mode, after=after, reason=reason)
        return self._open(order)

    def request(self, tables: Sequence[str], reason: Reason) -> Start | None:
        """Ask for tables to be brought up to date, again and again if need be, by as few loads as possible.

        Each request is counted. A table whose load is on its way but has not begun needs no other;
        None if that is so for all of them.
        """
        order = self._order(tables, mode="incremental", after=None, reason=reason)
        joined = [table for table in tables if self._count(table, order.order_id)]
        return self._open(replace(order, tables=tuple(joined))) if joined else None

    def backfill(self, table: str, period: BackfillSpec) -> Start:
        """Order a backfill of a table's period."""
        order = self._order([table], mode="backfill", after=None, reason="backfill")
        return self._open(replace(order, backfill=period))

    def rerun(self, name: str) -> Start:
        """Order again what failed: of an order (or backfill), or one run.

        Raises:
            OrderUnknown: there is no such order or run.
            OrderActive: it has not ended yet.
            BadOrder: nothing of it failed.
        """
        record = self.ledger.order(_order_named(name))
        if record is None:
            raise OrderUnknown(f"there is no order or run {name}")
        if record.state not in FINAL:
            raise OrderActive(f"order {record.order.order_id} is {record.state}")
        failed = self._failed(record, None if is_order_id(name) else table_of_run(name))
        if not failed:
            raise BadOrder(f"nothing of {name} failed: there is nothing to run again")

        def again(known: OrderRecord) -> OrderRecord:
            if known.state not in FINAL:
                raise OrderActive(f"order {known.order.order_id} is {known.state}")
            order = replace(known.order, attempt=known.order.attempt + 1)
            return replace(
                known,
                order=order,
                state="queued",
                queued_at=self.now().isoformat(),
                chosen=failed,
                ended_at=None,
                failed=0,
                error=None,
                alert="none",
                cancel_requested=False,
            )

        return start_of(self.ledger.change_order(record.order.order_id, again))

    def cancel(self, order_id: str) -> OrderRecord:
        """Ask for a backfill to end after the group of windows that it is loading now.

        One that has ended already is given as it is.

        Raises:
            OrderUnknown: there is no such backfill.
        """
        record = self.ledger.order(order_id)
        if record is None or record.order.mode != "backfill":
            raise OrderUnknown(f"there is no backfill {order_id}")

        def mark(known: OrderRecord) -> OrderRecord:
            return known if known.state in FINAL else replace(known, cancel_requested=True)

        return self.ledger.change_order(order_id, mark)

    def _order(
        self, tables: Sequence[str], *, mode: Mode, after: str | None, reason: Reason
    ) -> Order:
        now = self.now()
        return Order(
            order_id=new_order_id(now, self.entropy()),
            tables=tuple(tables),
            mode=mode,
            reason=reason,
            after=after,
            created_at=now.isoformat(),
        )

    def _open(self, order: Order) -> Start:
        return start_of(self.ledger.open_order(OrderRecord(order=order, state="queued")))

    def _count(self, table: str, order_id: str) -> bool:
        """Count a request; say whether this order is the one to serve it."""
        turn: Turn = self.states.change_turn(table, lambda turn: request(turn, order_id).turn)
        return turn.waiting == order_id

    def _failed(self, record: OrderRecord, table: str | None) -> tuple[str, ...]:
        order = record.order
        if order.mode == "backfill":
            left = any(w.state != "succeeded" for w in self.ledger.windows(order.order_id))
            return order.tables if left or record.error else ()
        runs = self.ledger.runs_of_order(order.order_id)
        done = {run.table for run in runs if run.state == "succeeded"}
        wanted = order.tables if table is None else (table,)
        return tuple(name for name in wanted if name in order.tables and name not in done)


def _order_named(name: str) -> str:
    if is_order_id(name):
        return name
    try:
        table_of_run(name)
        return order_of_run(name)
    except BadOrder as error:
        raise OrderUnknown(str(error)) from error


def start_of(record: OrderRecord) -> Start:
    """Say how the present attempt of an order is started."""
    order = record.order
    if record.chosen is not None:
        order = replace(order, tables=record.chosen)
    flow = "backfill" if order.mode == "backfill" else "load_batch"
    return Start(flow=flow, instance=order_instance(order), given=OrderWork(order=order))
