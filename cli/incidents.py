"""Incidents as the API answers them, and how they are written."""

from __future__ import annotations

import msgspec
from rich.console import RenderableType
from rich.text import Text

from cli.answers import Failure
from cli.formats import clean, format_count, format_time
from cli.layout import make_grid


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or was."""

    id: str
    state: str
    kind: str
    table: str | None = None
    error: Failure | None = None
    text: str = ""
    count: int
    opened_at: str
    resolved_at: str | None = None


class Incidents(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents, open ones first."""

    incidents: tuple[Incident, ...]


def render_incidents(found: Incidents) -> RenderableType:
    """Write every incident in one line."""
    if not found.incidents:
        return Text("There are no incidents.")
    grid = make_grid("State", "Kind", "Table", "Opened (UTC)", "Resolved (UTC)", ">Times", "Why")
    for each in found.incidents:
        why = f"{each.error.type}: {each.error.message}" if each.error else each.text
        grid.add_row(
            Text(clean(each.state), style="bold red" if each.state == "open" else "green"),
            clean(each.kind),
            clean(each.table or "lakehouse"),
            format_time(each.opened_at),
            format_time(each.resolved_at) if each.resolved_at else "",
            format_count(each.count),
            clean(why),
        )
    return grid
