"""How results look to people: tables, runs, orders and backfills as rich renderables."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from cli.answers import (
    Accepted,
    Backfill,
    Failure,
    Order,
    Run,
    Runs,
    Standpoint,
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

_STYLES = {
    "succeeded": "green",
    "failed": "bold red",
    "cancelled": "yellow",
    "running": "cyan",
    "committing": "cyan",
    "quarantined": "yellow",
}


def render_state(state: str, outcome: str | None = None) -> Text:
    """Write a state, and the outcome of what succeeded."""
    text = Text(clean(state), style=_STYLES.get(state, ""))
    if outcome:
        text.append(", ").append(clean(outcome), style=_STYLES.get(outcome, ""))
    return text


def render_failure(failure: Failure, about: str) -> Text:
    """Write an error's type and message, and below them what to do."""
    text = Text(clean(about), style="bold").append(": ")
    text.append(clean(failure.type), style=_STYLES["failed"]).append(f": {clean(failure.message)}")
    return text.append(f"\n  {clean(failure.remedy)}")


def render_accepted(accepted: Accepted) -> Text:
    """Write what was ordered, without waiting for it."""
    count = len(accepted.tables)
    return Text(f"Order {accepted.order_id} is placed: {count} {_plural('table', count)}")


def render_order(order: Order) -> RenderableType:
    """Write an order with all its tables and every error."""
    grid = _grid("Table", "State", ">Rows", ">Size", "Watermark", "Run")
    for table in order.tables:
        grid.add_row(*_cells_of_order(table))
    head = _facts(
        ("Order", order.order_id),
        ("State", render_state(order.state)),
        ("Mode", order.mode),
        ("Attempt", str(order.attempt)),
        ("Placed (UTC)", format_time(order.created_at)),
        ("Took", format_took(order.created_at, order.ended_at)),
    )
    errors = [(table.table, table.error) for table in order.tables]
    return Group(head, grid, *_failures([("order", order.error), *errors]))


def render_backfill(backfill: Backfill) -> RenderableType:
    """Write a backfill window by window, and every error once."""
    grid = _grid("Window", "From", "To (exclusive)", "State", "Run")
    for window in backfill.windows:
        grid.add_row(*_cells_of_window(window))
    progress = backfill.progress
    state = render_state(backfill.state)
    if backfill.cancel_requested and backfill.state != "cancelled":
        state.append(", asked to end")
    head = _facts(
        ("Backfill", backfill.order_id),
        ("Table", backfill.table),
        ("State", state),
        ("Period", f"{format_text(backfill.start)} to {format_text(backfill.end)}"),
        ("Windows", f"{format_count(progress.done)} of {format_count(progress.total)} loaded"),
        ("Attempt", str(backfill.attempt)),
        ("Placed (UTC)", format_time(backfill.created_at)),
        ("Took", format_took(backfill.created_at, backfill.ended_at)),
    )
    # The windows of one group fail together, by the same error.
    errors = {(window.run_id, window.error): window for window in backfill.windows}
    told = [(f"window {window.number}", window.error) for window in errors.values()]
    return Group(head, grid, *_failures([("backfill", backfill.error), *told]))


def render_tables(tables: Tables) -> RenderableType:
    """Write every table in one line."""
    if not tables.tables:
        return Text("There are no tables.")
    grid = _grid("Table", "State", "Watermark", ">Lag", "Last run (UTC)", "Result", ">Rows")
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
    return Group(grid, *_failures(failed))


def render_table(table: Table) -> RenderableType:
    """Write one table in detail, with its last runs."""
    head = _facts(
        ("Table", table.table),
        ("State", render_state(table.state)),
        ("Target", table.target),
        ("Key", ", ".join(table.key)),
        ("Schedule", table.schedule),
        *_watermark_facts(table),
        ("Loading", table.loading),
        ("Requests", f"{table.requested} asked, {table.served} served"),
    )
    if not table.runs:
        return head
    failed = (table.table, table.runs[0].error)
    return Group(head, render_runs(Runs(runs=table.runs)), *_failures([failed]))


def render_watermark(table: Standpoint) -> RenderableType:
    """Write how far a table is loaded."""
    return _facts(("Table", table.table), *_watermark_facts(table))


def render_runs(runs: Runs) -> RenderableType:
    """Write runs in one line each."""
    if not runs.runs:
        return Text("There are no runs.")
    grid = _grid("Run", "Table", "State", ">Rows", ">Size", "Started (UTC)", ">Took")
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
    head = _facts(
        ("Run", run.run_id),
        ("Order", run.order_id),
        ("Table", run.table),
        ("Mode", run.mode),
        ("State", render_state(run.state, run.outcome)),
        ("Attempt", str(run.attempt)),
        ("Rows", format_count(run.rows)),
        ("Files", f"{format_count(run.files)}, {format_bytes(run.bytes)}"),
        ("Folder", run.folder),
        ("Watermark", f"{format_text(run.watermark_before)} to {format_text(run.watermark_after)}"),
        ("Bound", f"{format_text(run.bound.value)} ({clean(run.bound.how)})"),
        ("Started (UTC)", format_time(run.started_at)),
        ("Ended (UTC)", format_time(run.ended_at)),
        *(("Finding", finding) for finding in run.findings),
    )
    return Group(head, *_failures([(run.table, run.error)]))


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
        clean(window.start),
        clean(window.end),
        render_state(window.state),
        format_text(window.run_id),
    )


def _watermark_facts(table: Standpoint) -> tuple[tuple[str, str], ...]:
    kind = ("Cursor", table.watermark_kind)
    mark = table.watermark
    if mark is None:
        return (kind, ("Watermark", "none yet"))
    return (
        kind,
        ("Watermark", f"{mark.position} ({mark.how})"),
        ("Lag", format_span(table.lag_seconds)),
        ("Moved (UTC)", f"{format_time(mark.moved_at)}, move {mark.version}"),
        ("Moved by", mark.run_id),
    )


def _grid(*columns: str) -> Grid:
    """Make a table with these columns; a name after `>` stands to the right."""
    grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        side = "right" if column.startswith(">") else "left"
        grid.add_column(column.removeprefix(">"), justify=side, overflow="fold")
    return grid


def _facts(*facts: tuple[str, str | Text | None]) -> Grid:
    """Write names and values below each other."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, value if isinstance(value, Text) else format_text(value))
    return grid


def _failures(found: Iterable[tuple[str, Failure | None]]) -> list[Text]:
    return [render_failure(failure, about) for about, failure in found if failure]


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
