"""`tidemark incidents`: what is wrong, and what was lately."""

from __future__ import annotations

import click

from cli.incidents import Incidents, render_incidents
from cli.options import TABLE, takes_address
from cli.paging import gather
from cli.paths import INCIDENTS
from cli.session import open_session

_KINDS = ["failed", "held_back", "unread", "late", "refresh"]
_LISTED = 100


@click.command("incidents")
@click.option(
    "--state", type=click.Choice(["open", "resolved"]), help="Only incidents in this state."
)
@click.option("--kind", type=click.Choice(_KINDS), help="Only incidents of this kind.")
@click.option("--table", type=TABLE, help="Only incidents of this table.")
@click.option(
    "--limit", type=click.IntRange(min=1), help=f"How many at most; {_LISTED} if left out."
)
@takes_address
def command(limit: int | None, **query: str | None) -> None:
    """List what is wrong, and what was lately.

    Open incidents come first, each part the newest first.
    """
    wanted = {name: value for name, value in query.items() if value is not None}
    session = open_session()
    found = gather(session.client, INCIDENTS, wanted, items="incidents", most=limit or _LISTED)
    session.output.show(found, Incidents, render_incidents)
