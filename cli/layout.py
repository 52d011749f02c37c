"""The pieces that results are laid out with: facts below each other, grids, states, failures."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid
from rich.text import Text

from cli.answers import Failure
from cli.formats import clean, format_text

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


def list_failures(found: Iterable[tuple[str, Failure | None]]) -> list[Text]:
    """Write every error with what it is about."""
    return [render_failure(failure, about) for about, failure in found if failure]


def make_grid(*columns: str) -> Grid:
    """Make a table with these columns; a name after `>` stands to the right."""
    grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        side = "right" if column.startswith(">") else "left"
        grid.add_column(column.removeprefix(">"), justify=side, overflow="fold")
    return grid


def list_facts(*facts: tuple[str, str | Text | None]) -> Grid:
    """Write names and values below each other."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, value if isinstance(value, Text) else format_text(value))
    return grid


def plural(noun: str, count: int) -> str:
    """Write a noun for so many."""
    return noun if count == 1 else f"{noun}s"
