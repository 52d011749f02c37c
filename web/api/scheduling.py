"""What every tick orders: loads and reconciliations that are due by the table files."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from shared.catalog import Compare
from shared.loading.order import FINAL
from shared.operations.due import due_reconciliations, due_tables
from shared.operations.ordering import Start, start_of
from shared.runtime.wiring import App


def order_due(app: App) -> list[Start]:
    """Order what has become due since the last tick, and remember this one."""
    last, now = app.ledger.tick(), app.now()
    since = datetime.fromisoformat(last) if last else None
    tables = due_tables(app.catalog, since, now)
    load = app.desk.request(tables, "schedule") if tables else None
    starts = [load] if load else []
    starts += _order_reconciliations(app, since, now)
    app.ledger.ticked(now.isoformat())
    return starts


def _order_reconciliations(app: App, since: datetime | None, now: datetime) -> list[Start]:
    """Order one for keys and one for rows at most; not for a table that was never loaded, or has one on its way."""
    due = due_reconciliations(app.catalog, since, now)
    under_way = _under_way(app) if due else frozenset[str]()
    starts: list[Start] = []
    for compare in get_args(Compare):
        tables = [
            table.name
            for table in due
            if table.deletes.compare == compare
            and table.name not in under_way
            and app.states.turn(table.name).published_run_no
        ]
        if tables:
            order = app.desk.draft_reconciliation(tables, compare, reason="schedule")
            starts.append(start_of(app.desk.place(order)))
    return starts


def _under_way(app: App) -> frozenset[str]:
    """Name the tables of reconciliations that have not ended: one that takes long must not pile up others."""
    found = (app.ledger.order(order_id) for order_id in app.ledger.unfinished_orders())
    return frozenset(
        table
        for record in found
        if record is not None and record.order.mode == "reconcile" and record.state not in FINAL
        for table in record.order.tables
    )
