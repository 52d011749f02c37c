"""What is shown while an order is under way, on a terminal only."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from cli.answers import FINAL, Backfill, Order, read
from cli.formats import clean, format_count
from cli.layout import render_state
from cli.output import open_console

Kind = TypeVar("Kind")

# Tables shown at once: those at work first, so that a large order still fits a screen.
LISTED = 15
_ORDER_OF_STATES = ("running", "committing", "failed", "queued")
_BAR = 40


@contextmanager
def show_progress(
    kind: type[Kind], render: Callable[[Kind], RenderableType]
) -> Generator[Callable[[Any], None]]:
    """Give what answers are told to; they are drawn over one another and wiped at the end."""
    if not sys.stderr.isatty():
        yield lambda _raw: None
        return
    with Live(console=open_console(sys.stderr), transient=True) as live:
        yield lambda raw: live.update(render(read(raw, kind)), refresh=True)


def render_order_progress(order: Order) -> RenderableType:
    """Write how many tables have ended, and those that matter now with their rows."""
    ended = sum(table.state in FINAL for table in order.tables)
    rows = sum(table.rows for table in order.tables)
    head = Text(f"{ended} of {len(order.tables)} tables ended, {format_count(rows)} rows")
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for table in sorted(order.tables, key=lambda table: _rank(table.state))[:LISTED]:
        grid.add_row(
            clean(table.table), render_state(table.state), Text(f"{format_count(table.rows)} rows")
        )
    hidden = len(order.tables) - LISTED
    return Group(head, grid, *([Text(f"and {hidden} more")] if hidden > 0 else []))


def render_backfill_progress(backfill: Backfill) -> RenderableType:
    """Write the windows loaded of all, with a bar, and what became of the others."""
    done, total = backfill.progress.done, backfill.progress.total
    states = Counter(window.state for window in backfill.windows if window.state != "succeeded")
    rest = "".join(f", {count} {clean(state)}" for state, count in sorted(states.items()))
    head = Text(f"{clean(backfill.table)}: {done} of {total} windows loaded{rest}")
    return Group(head, ProgressBar(total=max(total, 1), completed=done, width=_BAR))


def _rank(state: str) -> int:
    return _ORDER_OF_STATES.index(state) if state in _ORDER_OF_STATES else len(_ORDER_OF_STATES)
