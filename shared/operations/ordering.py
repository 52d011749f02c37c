"""Places orders: writes them down first, then says which orchestration is to be started.

Whoever calls starts it through a durable client. Should it die in between, the sweep of the next
tick finds the order written down and starts it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.catalog import Compare
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


class PartOfBackfill(ConflictError):
    """Cancel the backfill itself, with `DELETE /api/orders/{id}`."""


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
    """Where orders are placed. `now` gives UTC; `entropy` six hex digits, new at each call.

    `asked` is the `traceparent` of who asks, empty if that is not known.
    """

    ledger: Ledger
    states: TableStates
    now: Callable[[], datetime]
    entropy: Callable[[], str]
    asked: str = ""

    def load(
        self,
        tables: Sequence[str],
        *,
        mode: Mode = "incremental",
        after: str | None = None,
        reason: Reason = "request",
    ) -> Start:
        """Order loads of tables."""
        return start_of(self.place(self.draft_load(tables, mode=mode, after=after, reason=reason)))

    def draft_load(
        self,
        tables: Sequence[str],
        *,
        mode: Mode = "incremental",
        after: str | None = None,
        reason: Reason = "request",
    ) -> Order:
        """Make an order of loads, without placing it."""
        now = self.now()
        return Order(
            order_id=new_order_id(now, self.entropy()),
            tables=tuple(tables),
            mode=mode,
            reason=reason,
            after=after,
            created_at=now.isoformat(),
            asked=self.asked,
        )

    def draft_backfill(self, table: str, period: BackfillSpec) -> Order:
        """Make an order of a backfill of a table's period, without placing it."""
        order = self.draft_load([table], mode="backfill", reason="backfill")
        return replace(order, backfill=period)

    def draft_reconciliation(
        self, tables: Sequence[str], compare: Compare, *, reason: Reason = "request"
    ) -> Order:
        """Make an order that compares tables with their sources and repairs them, without placing it."""
        order = self.draft_load(tables, mode="reconcile", reason=reason)
        return replace(order, compare=compare)

    def place(self, order: Order) -> OrderRecord:
        """Write an order down that was drafted. One that is there already is given as it stands.

        Raises:
            OrderActive: it is a rerun, and the attempt before has not ended yet.
        """
        if order.attempt > 1:
            return self._place_again(order)
        return self.ledger.open_order(OrderRecord(order=order, state="queued"))

    def request(self, tables: Sequence[str], reason: Reason) -> Start | None:
        """Ask for tables to be brought up to date, again and again if need be, by as few loads as possible.

        Each request is counted. A table whose load is on its way but has not begun needs no other;
        None if that is so for all of them.
        """
        order = self.draft_load(tables, reason=reason)
        joined = [table for table in tables if self._count(table, order.order_id)]
        if not joined:
            return None
        return start_of(self.place(replace(order, tables=tuple(joined))))

    def backfill(self, table: str, period: BackfillSpec) -> Start:
        """Order a backfill of a table's period."""
        return start_of(self.place(self.draft_backfill(table, period)))

    def rerun(self, name: str) -> Start:
        """Order again what is left: of an order (or backfill), or one run. Raises as `draft_rerun`."""
        return start_of(self.place(self.draft_rerun(name)))

    def draft_rerun(self, name: str) -> Order:
        """Make the next attempt of an order, of what failed or was cancelled, without placing it.

        Raises:
            OrderUnknown: there is no such order or run.
            OrderActive: it has not ended yet.
            BadOrder: nothing of it failed.
        """
        record = self._record_named(name)
        if record.state not in FINAL:
            raise OrderActive(f"order {record.order.order_id} is {record.state}")
        failed = self._failed(record, None if is_order_id(name) else table_of_run(name))
        if not failed:
            raise BadOrder(f"nothing of {name} failed: there is nothing to run again")
        return replace(record.order, tables=failed, attempt=record.order.attempt + 1)

    def cancel(self, name: str) -> OrderRecord:
        """Ask for an order, or for one run of it, to end before it commits anything more.

        A backfill ends after the group of windows that it is loading now. What has ended already is
        given as it is.

        Raises:
            OrderUnknown: there is no such order or run.
            PartOfBackfill: it is a run of a backfill, which can only be cancelled as a whole.
        """
        record = self._record_named(name)
        order = record.order
        if record.state in FINAL:
            return record
        if not is_order_id(name):
            if order.mode == "backfill":
                raise PartOfBackfill(f"{name} is a part of backfill {order.order_id}")
            self.ledger.cancel(order.order_id, order.attempt, name)
            return record
        # The loads that look here must find it before anybody is told that it is asked for.
        self.ledger.cancel(name, order.attempt, None)

        def mark(known: OrderRecord) -> OrderRecord:
            if known.state in FINAL or known.order.attempt != order.attempt:
                return known
            return replace(known, cancel_requested=True)

        return self.ledger.change_order(name, mark)

    def _place_again(self, order: Order) -> OrderRecord:
        def again(known: OrderRecord) -> OrderRecord:
            if known.order.attempt >= order.attempt:
                return known
            if known.state not in FINAL:
                raise OrderActive(f"order {known.order.order_id} is {known.state}")
            return replace(
                known,
                order=replace(known.order, attempt=order.attempt),
                state="queued",
                queued_at=self.now().isoformat(),
                chosen=order.tables,
                ended_at=None,
                failed=0,
                error=None,
                alert="none",
                cancel_requested=False,
            )

        return self.ledger.change_order(order.order_id, again)

    def _record_named(self, name: str) -> OrderRecord:
        """Give the order of an order's or a run's id. Raises OrderUnknown."""
        record = self.ledger.order(_order_named(name))
        if record is None or not _is_part(record.order, name):
            raise OrderUnknown(f"there is no order or run {name}")
        return record

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
        left = tuple(name for name in wanted if name in order.tables and name not in done)
        if not left and table is None and record.state == "failed":
            # Another worker has completed its runs since it was closed: they will say so again.
            return order.tables
        return left


def _order_named(name: str) -> str:
    if is_order_id(name):
        return name
    try:
        table_of_run(name)
        return order_of_run(name)
    except BadOrder as error:
        raise OrderUnknown(str(error)) from error


def _is_part(order: Order, name: str) -> bool:
    return is_order_id(name) or table_of_run(name) in order.tables


def start_of(record: OrderRecord) -> Start:
    """Say how the present attempt of an order is started."""
    order = record.order
    if record.chosen is not None:
        order = replace(order, tables=record.chosen)
    flow = "backfill" if order.mode == "backfill" else "load_batch"
    return Start(flow=flow, instance=order_instance(order), given=OrderWork(order=order))


def end_of(record: OrderRecord) -> Start:
    """Say how the end of an order is carried out whose own orchestration was ended from outside."""
    start = start_of(record)
    return replace(start, flow="end_order", instance=f"{start.instance}-end")
