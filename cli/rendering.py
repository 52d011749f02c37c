"""How results look to people: tables, runs, orders and backfills as rich renderables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from cli.answers import (
    FINAL,
    Accepted,
    Backfill,
    Order,
    Proven,
    Repairs,
    Run,
    Runs,
    Standing,
    Table,
    TableOfOrder,
    Tables,
    Window,
)
from cli.formats import (
    NOTHING,
    clean,
    format_bytes,
    format_count,
    format_span,
    format_text,
    format_time,
    format_took,
)
from cli.layout import list_facts, list_failures, make_grid, plural, render_state
from cli.watermarks import watermark_facts


def render_accepted(accepted: Accepted) -> Text:
    """Write what was ordered, without waiting for it."""
    count = len(accepted.tables)
    return Text(f"Order {accepted.order_id} is placed: {count} {plural('table', count)}")


def render_order(order: Order) -> RenderableType:
    """Write an order with all its tables and every error."""
    grid = make_grid("Table", "State", ">Rows", ">Size", "Watermark", "Run")
    for table in order.tables:
        grid.add_row(*_cells_of_order(table))
    head = list_facts(
        ("Order", order.order_id),
        ("State", _standing(order)),
        ("Mode", order.mode),
        ("Attempt", str(order.attempt)),
        ("Placed (UTC)", format_time(order.created_at)),
        ("Took", format_took(order.created_at, order.ended_at)),
    )
    errors = [(table.table, table.error) for table in order.tables]
    found = [
        list_facts((clean(table.table), _repairs(table.repairs)))
        for table in order.tables
        if table.repairs
    ]
    return Group(head, grid, *found, *list_failures([("order", order.error), *errors]))


def render_backfill(backfill: Backfill) -> RenderableType:
    """Write a backfill window by window, and every error once."""
    grid = make_grid("Window", "From", "To (exclusive)", "State", "Run")
    for window in backfill.windows:
        grid.add_row(*_cells_of_window(window))
    progress = backfill.progress
    head = list_facts(
        ("Backfill", backfill.order_id),
        ("Table", backfill.table),
        ("State", _standing(backfill)),
        ("Period", f"{format_text(backfill.start)} to {format_text(backfill.end)}"),
        ("Windows", f"{format_count(progress.done)} of {format_count(progress.total)} loaded"),
        ("Attempt", str(backfill.attempt)),
        ("Placed (UTC)", format_time(backfill.created_at)),
        ("Took", format_took(backfill.created_at, backfill.ended_at)),
    )
    # The windows of one group fail together, by the same error.
    errors = {(window.run_id, window.error): window for window in backfill.windows}
    told = [(f"window {window.number}", window.error) for window in errors.values()]
    return Group(head, grid, *list_failures([("backfill", backfill.error), *told]))


def render_tables(tables: Tables) -> RenderableType:
    """Write every table in one line."""
    if not tables.tables:
        return Text("There are no tables.")
    grid = make_grid("Table", "State", "Watermark", ">Lag", "Last run (UTC)", "Result", ">Rows")
    for table in tables.tables:
        last = table.runs[0] if table.runs else None
        grid.add_row(
            clean(table.table),
            render_state(table.state),
            format_text(table.watermark.position if table.watermark else None),
            format_span(table.lag_seconds),
            format_time(last.started_at if last else None),
            render_state(last.state, last.outcome) if last else NOTHING,
            format_count(last.rows) if last else NOTHING,
        )
    failed = [(table.table, table.runs[0].error) for table in tables.tables if table.runs]
    return Group(grid, *list_failures(failed))


def render_table(table: Table) -> RenderableType:
    """Write one table in detail, with its last runs."""
    head = list_facts(
        ("Table", table.table),
        ("State", render_state(table.state)),
        ("Target", table.target),
        ("Key", ", ".join(table.key)),
        ("Schedule", table.schedule),
        *watermark_facts(table),
        ("Held back", _held_back(table)),
        ("Loading", table.loading),
        ("Requests", f"{table.requested} asked, {table.served} served"),
    )
    if not table.runs:
        return head
    failed = (table.table, table.runs[0].error)
    return Group(head, render_runs(Runs(runs=table.runs)), *list_failures([failed]))


def _held_back(table: Table) -> str | None:
    held = table.held_back
    if held is None:
        return None
    return f"for {format_span(held.seconds)}, by {held.by or 'a transaction that is not shown'}"


def render_runs(runs: Runs) -> RenderableType:
    """Write runs in one line each."""
    if not runs.runs:
        return Text("There are no runs.")
    grid = make_grid("Run", "Table", "State", ">Rows", ">Size", "Started (UTC)", ">Took")
    for run in runs.runs:
        grid.add_row(
            clean(run.run_id),
            clean(run.table),
            render_state(run.state, run.outcome),
            format_count(run.rows),
            format_bytes(run.bytes),
            format_time(run.started_at),
            format_took(run.started_at, run.ended_at),
        )
    return grid


def render_run(run: Run) -> RenderableType:
    """Write one run in detail, with its error."""
    head = list_facts(
        ("Run", run.run_id),
        ("Order", run.order_id),
        ("Table", run.table),
        ("Mode", run.mode),
        ("State", render_state(run.state, run.outcome)),
        ("Attempt", str(run.attempt)),
        ("Rows", format_count(run.rows)),
        ("Files", f"{format_count(run.files)}, {format_bytes(run.bytes)}"),
        ("Proven", _proven(run.proof)),
        ("Folder", run.folder),
        *((("Repairs", _repairs(run.repairs)),) if run.repairs else ()),
        ("Watermark", f"{format_text(run.watermark_before)} to {format_text(run.watermark_after)}"),
        ("Bound", f"{format_text(run.bound.value)} ({clean(run.bound.how)})"),
        ("Started (UTC)", format_time(run.started_at)),
        ("Ended (UTC)", format_time(run.ended_at)),
        *(("Finding", finding) for finding in run.findings),
    )
    return Group(head, *list_failures([(run.table, run.error)]))


def _proven(proof: Proven | None) -> str | None:
    if proof is None:
        return None
    rows, columns = format_count(proof.rows), format_count(proof.columns)
    return f"{clean(proof.level)}, of {rows} rows read and {columns} columns"


def _standing(order: Standing) -> Text:
    state = render_state(order.state)
    if order.cancel_requested and order.state not in FINAL:
        state.append(", asked to end")
    return state


def _cells_of_order(table: TableOfOrder) -> tuple[str | Text, ...]:
    return (
        clean(table.table),
        render_state(table.state, table.outcome),
        format_count(table.rows),
        format_bytes(table.bytes),
        format_text(table.watermark_after),
        format_text(table.run_id),
    )


def _cells_of_window(window: Window) -> tuple[str | Text, ...]:
    return (
        str(window.number),
        "NULL" if window.nulls else format_text(window.start),
        format_text(window.end),
        render_state(window.state),
        format_text(window.run_id),
    )


def _repairs(repairs: Repairs) -> str:
    """Write what a reconciliation found."""
    found = (
        (repairs.missing, "missing"),
        (repairs.changed, "changed"),
        (repairs.deleted, "deleted"),
    )
    text = ", ".join(f"{format_count(count)} {what}" for count, what in found)
    again = f" ({format_count(repairs.rekeyed)} with another key)" if repairs.rekeyed else ""
    seen = "" if repairs.compared is None else f"compared {format_count(repairs.compared)} rows, "
    return f"{seen}found {text}{again}"
