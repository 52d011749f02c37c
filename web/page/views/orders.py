"""Orders and backfills: what was asked for, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.operations.ledger import OrderQuery
from shared.operations.records import OrderRecord, RunRecord, WindowRecord
from shared.runtime.wiring import App
from web.api.problems import not_found
from web.api.queries import OrdersQuery, read_orders_query

LISTED_ORDERS = 50
# Backfills of a list whose windows are counted.
COUNTED = 20
MOST_TABLES = 250
MOST_WINDOWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many windows of a backfill are in which state."""

    done: int
    failed: int
    running: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPage:
    """Orders, the newest first. `progress` is that of backfills, by order; not all of them are counted."""

    now: datetime
    orders: tuple[OrderRecord, ...]
    progress: Mapping[str, Progress]
    uncounted: int
    query: OrdersQuery
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOfOrder:
    """One table of an order, and its run if it has begun."""

    table: str
    run: RunRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One order. `tables` are those that failed first; `windows` are those of a backfill, in order."""

    now: datetime
    record: OrderRecord
    tables: tuple[TableOfOrder, ...]
    more_tables: int
    states: Mapping[str, int]
    windows: tuple[WindowRecord, ...]
    progress: Progress | None
    runbook: str = ""


def count_windows(windows: Sequence[WindowRecord]) -> Progress:
    """Count the windows of a backfill by their states."""
    return Progress(
        done=sum(each.state == "succeeded" for each in windows),
        failed=sum(each.state == "failed" for each in windows),
        running=sum(each.state in ("running", "committing") for each in windows),
        total=len(windows),
    )


def look_at_orders(app: App, params: Mapping[str, str]) -> OrdersPage:
    """List orders. Raises Problem where the query is bad."""
    query = read_orders_query({"limit": str(LISTED_ORDERS), **params})
    found = app.ledger.orders(
        OrderQuery(status=query.status, since=query.since, most=query.limit, page=query.page)
    )
    backfills = [each.order.order_id for each in found.items if each.order.mode == "backfill"]
    return OrdersPage(
        now=app.now(),
        orders=found.items,
        progress={each: count_windows(app.ledger.windows(each)) for each in backfills[:COUNTED]},
        uncounted=max(0, len(backfills) - COUNTED),
        query=query,
        next=found.next,
    )


def look_at_order(app: App, order_id: str, runbook: str) -> OrderPage:
    """Look at one order, or backfill. Raises Problem if there is none."""
    record = app.ledger.order(order_id)
    if record is None:
        raise not_found(f"there is no order {order_id}")
    is_backfill = record.order.mode == "backfill"
    windows = app.ledger.windows(order_id) if is_backfill else ()
    tables = () if is_backfill else _tables(record, app.ledger.runs_of_order(order_id))
    states: dict[str, int] = {}
    for each in tables:
        state = each.run.state if each.run else "queued"
        states[state] = states.get(state, 0) + 1
    return OrderPage(
        now=app.now(),
        record=record,
        tables=tables[:MOST_TABLES],
        more_tables=max(0, len(tables) - MOST_TABLES),
        states=states,
        windows=windows,
        progress=count_windows(windows) if is_backfill else None,
        runbook=runbook,
    )


def _tables(record: OrderRecord, runs: Sequence[RunRecord]) -> tuple[TableOfOrder, ...]:
    by_table = {run.table: run for run in runs}
    found = [TableOfOrder(table=each, run=by_table.get(each)) for each in record.order.tables]
    return tuple(sorted(found, key=_urgency))


def _urgency(each: TableOfOrder) -> tuple[int, str]:
    state = each.run.state if each.run else "queued"
    return ["failed", "committing", "running", "queued", "cancelled", "succeeded"].index(
        state
    ), each.table
