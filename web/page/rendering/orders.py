"""How the pages of orders and backfills look."""

from __future__ import annotations

from collections.abc import Sequence

from shared.loading.order import FINAL
from shared.operations.records import OrderRecord, WindowRecord
from web.api.bodies import STATES
from web.page import markup as h
from web.page.charts import share_bar
from web.page.frame import Frame, render_page
from web.page.glyphs import state_badge
from web.page.markup import Html, Node
from web.page.pieces import (
    Column,
    act,
    acts,
    chosen,
    dash,
    facts,
    failure,
    grid,
    heading,
    notice,
    pager,
    panel,
)
from web.page.rendering.run_list import noticed
from web.page.views.orders import MOST_WINDOWS, OrderPage, OrdersPage, Progress, TableOfOrder
from web.page.wording import (
    BELOW,
    ago,
    clock,
    count,
    order_path,
    plural,
    run_path,
    seconds_between,
    short_run,
    span,
    table_link,
)

_ORDERS = (
    Column(name="Order"),
    Column(name="State"),
    Column(name="What"),
    Column(name="Why"),
    Column(name="Asked for"),
    Column(name="Took", number=True),
    Column(name="Failed", number=True),
    Column(name="Progress"),
)
_TABLES = (
    Column(name="Table"),
    Column(name="State"),
    Column(name="Run"),
    Column(name="Rows", number=True),
    Column(name="Took", number=True),
    Column(name="What was noticed"),
)
_WINDOWS = (
    Column(name="Window"),
    Column(name="From"),
    Column(name="Up to"),
    Column(name="State"),
    Column(name="Run"),
    Column(name="Error"),
)


def render_list(view: OrdersPage, frame: Frame) -> str:
    """Write the page of all orders."""
    query = view.query
    states = [("", "Any state"), *((each, each.capitalize()) for each in STATES)]
    params = {"status": query.status or "", "since": query.since or ""}
    content = [
        heading(
            "Orders",
            acts(
                act(frame, "Load tables", "load", main=True),
                act(frame, "Backfill", "backfill"),
                act(frame, "Reconcile", "reconcile"),
            ),
        ),
        h.form(
            chosen("status", "State", states, query.status or ""),
            h.button("Show", class_="plain"),
            method="get",
            action=f"{BELOW}/orders",
            class_="filter",
        ),
        grid(
            "Orders, the newest first",
            _ORDERS,
            [_order(each, view) for each in view.orders],
            "No order is like this.",
        ),
        notice(f"The progress of {plural(view.uncounted, 'backfill')} is on their own pages.")
        if view.uncounted
        else None,
        pager(f"{BELOW}/orders", params, view.next, first=query.page is None),
    ]
    return render_page("Orders", content, frame, place="orders")


def _order(record: OrderRecord, view: OrdersPage) -> list[Node]:
    order = record.order
    progress = view.progress.get(order.order_id)
    return [
        h.a(order.order_id, href=order_path(order.order_id), class_="id"),
        state_badge(record.state),
        [f"{order.mode} ", _of_tables(record)],
        order.reason,
        ago(order.created_at, view.now),
        span(seconds_between(record.started_at, record.ended_at)),
        count(record.failed) if record.failed else "",
        _bar(progress) if progress else "",
    ]


def _of_tables(record: OrderRecord) -> Node:
    tables = record.order.tables
    return table_link(tables[0]) if len(tables) == 1 else f"of {plural(len(tables), 'table')}"


def _bar(progress: Progress) -> Html:
    words = f"{count(progress.done)} of {plural(progress.total, 'window')}"
    if progress.failed:
        words += f", {count(progress.failed)} failed"
    parts = (("done", progress.done), ("failed", progress.failed), ("running", progress.running))
    left = progress.total - sum(number for _, number in parts)
    return h.div(share_bar([*parts, ("left", left)], words), h.span(words, class_="of"))


def render(view: OrderPage, frame: Frame) -> str:
    """Write the page of an order."""
    record = view.record
    is_backfill = view.progress is not None
    content = [
        heading(
            h.span(record.order.order_id, class_="id"),
            state_badge(record.state),
            _actions(record, frame),
            above="Backfill" if is_backfill else f"Order, {record.order.mode}",
        ),
        failure(record.error, view.runbook),
        notice("It was asked to end; what is being published is carried to its end.")
        if record.cancel_requested and record.state not in FINAL
        else None,
        _facts(view),
        _backfill(view) if is_backfill else _tables(view),
    ]
    return render_page("Backfill" if is_backfill else "Order", content, frame, place="orders")


def _actions(record: OrderRecord, frame: Frame) -> Html:
    if record.state not in FINAL:
        return acts(act(frame, "Cancel", "cancel", id=record.order.order_id))
    if record.state in ("failed", "cancelled"):
        return acts(act(frame, "Rerun", "rerun", id=record.order.order_id, main=True))
    return acts()


def _facts(view: OrderPage) -> Html:
    record, order = view.record, view.record.order
    period = order.backfill
    return facts(
        ("Table", table_link(order.tables[0]) if len(order.tables) == 1 else None),
        ("Tables", count(len(order.tables)) if len(order.tables) > 1 else None),
        ("Why", order.reason),
        ("From", (period.start or "the lowest value") if period else None),
        ("Up to", (period.end or "the watermark") if period else None),
        ("Windows at once", str(period.parallel) if period else None),
        ("Compares", order.compare if order.mode == "reconcile" else None),
        ("Begins after", h.code(order.after) if order.after else None),
        ("Attempt", str(order.attempt) if order.attempt > 1 else None),
        ("Asked for", clock(order.created_at)),
        ("Began", clock(record.started_at)),
        ("Ended", clock(record.ended_at)),
        ("Took", span(seconds_between(record.started_at, record.ended_at))),
        ("Alert", record.alert if record.alert != "none" else None),
    )


def _tables(view: OrderPage) -> Html:
    states = ", ".join(f"{count(number)} {state}" for state, number in view.states.items())
    return panel(
        "Tables",
        grid("Tables of this order", _TABLES, [_table(each) for each in view.tables], "None."),
        notice(f"{plural(view.more_tables, 'table')} more are not shown. All: {states}.")
        if view.more_tables
        else None,
    )


def _table(each: TableOfOrder) -> list[Node]:
    run = each.run
    if run is None:
        return [table_link(each.table), state_badge("queued"), "", "", "", ""]
    return [
        table_link(each.table),
        state_badge(run.state, run.outcome),
        h.a(short_run(run.run_id), href=run_path(run.run_id), class_="id"),
        count(run.rows),
        span(seconds_between(run.started_at, run.ended_at)),
        noticed(run),
    ]


def _backfill(view: OrderPage) -> Html:
    progress = view.progress
    shown, left = _chosen(view.windows)
    return panel(
        "Progress by window",
        _bar(progress) if progress and progress.total else None,
        grid(
            "Windows of this backfill",
            _WINDOWS,
            [_window(each) for each in shown],
            "It has not been cut into windows yet.",
        ),
        notice(f"{plural(left, 'window')} more are not shown; those that succeeded come last.")
        if left
        else None,
    )


def _chosen(windows: Sequence[WindowRecord]) -> tuple[Sequence[WindowRecord], int]:
    """Choose the windows to be shown: all in order, or of very many those first that have not succeeded."""
    if len(windows) <= MOST_WINDOWS:
        return windows, 0
    wanted = sorted(windows, key=lambda each: (each.state == "succeeded", each.number))
    return wanted[:MOST_WINDOWS], len(windows) - MOST_WINDOWS


def _window(each: WindowRecord) -> list[Node]:
    run = each.run_id
    return [
        str(each.number),
        "rows without a cursor value" if each.span.nulls else dash(each.start),
        "" if each.span.nulls else dash(each.end),
        state_badge(each.state),
        h.a(short_run(run), href=run_path(run), class_="id") if run else "",
        [h.strong(each.error.type), f" {each.error.message}"] if each.error else "",
    ]
