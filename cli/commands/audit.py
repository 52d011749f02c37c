"""`tidemark audit`: who did what."""

from __future__ import annotations

import click
import msgspec
from rich.console import RenderableType
from rich.text import Text

from cli.formats import clean, format_time
from cli.layout import make_grid
from cli.options import takes_address
from cli.paging import gather
from cli.paths import AUDIT
from cli.session import open_session

_LISTED = 100


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did."""

    at: str
    who: str
    how: str
    action: str
    target: str
    outcome: str
    status: int | None = None
    order_id: str | None = None
    refresh: int | None = None


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, newest first."""

    entries: tuple[Entry, ...]


@click.command("audit")
@click.option(
    "--limit", type=click.IntRange(min=1), help=f"List how many at most; {_LISTED} if left out."
)
@takes_address
def command(limit: int | None) -> None:
    """List who did what, the newest first.

    Needs the role administer. --json shows what was asked as well. An outcome that stays
    `begun` is of an app that died in between.
    """
    session = open_session()
    found = gather(session.client, AUDIT, {}, items="entries", most=limit or _LISTED)
    session.output.show(found, Audit, render_audit)


def render_audit(found: Audit) -> RenderableType:
    """Write every entry in one line."""
    if not found.entries:
        return Text("Nobody has done anything.")
    grid = make_grid("At (UTC)", "Who", "Action", "Target", "Outcome", "Made")
    for entry in found.entries:
        made = entry.order_id or (f"refresh {entry.refresh}" if entry.refresh is not None else "")
        grid.add_row(
            format_time(entry.at),
            clean(entry.who),
            clean(entry.action),
            clean(entry.target),
            _outcome(entry),
            clean(made),
        )
    return grid


def _outcome(entry: Entry) -> Text:
    shown = entry.outcome if entry.status is None else f"{entry.outcome} ({entry.status})"
    return Text(clean(shown), style="green" if entry.outcome == "done" else "bold red")
