"""`tidemark refresh`: bring the lakehouse up to date; show or cancel a refresh."""

from __future__ import annotations

import click

from cli.answers import read
from cli.options import takes_address
from cli.paging import gather
from cli.paths import REFRESHES, refresh_path
from cli.refreshes import (
    Refresh,
    RefreshAccepted,
    Refreshes,
    render_refresh,
    render_refresh_accepted,
    render_refreshes,
)
from cli.refreshing import see_through
from cli.session import Session, open_session

_LISTED = 20
_NUMBER = click.IntRange(min=1)


@click.command("refresh")
@click.option("--status", "status_of", type=_NUMBER, metavar="N", help="Show a refresh.")
@click.option("--cancel", "cancelled", type=_NUMBER, metavar="N", help="Cancel a refresh.")
@click.option("--list", "listed", is_flag=True, help="List refreshes, newest first.")
@click.option("--no-wait", is_flag=True, help="End as soon as the refresh is on its way.")
@takes_address
def command(status_of: int | None, cancelled: int | None, *, listed: bool, no_wait: bool) -> None:
    """Hand what was published to the lakehouse, and see it through.

    Published runs are handed over by themselves; this does not wait for the next tick, and takes
    up again what failed or was cancelled.
    """
    chosen = [number for number in (status_of, cancelled) if number is not None]
    if len(chosen) + listed > 1 or (no_wait and (chosen or listed)):
        raise click.UsageError("give at most one of --status, --cancel, --list and --no-wait")
    session = open_session()
    if listed:
        found = gather(session.client, REFRESHES, {}, items="refreshes", most=_LISTED)
        session.output.show(found, Refreshes, render_refreshes)
    elif chosen:
        ask = session.client.delete if cancelled is not None else session.client.get
        session.output.show(ask(refresh_path(chosen[0])), Refresh, render_refresh)
    else:
        _refresh(session, wait=not no_wait)


def _refresh(session: Session, *, wait: bool) -> None:
    # Sent again if the answer is lost: asking twice hands nothing over twice.
    raw = session.client.order(REFRESHES, {})
    accepted = read(raw, RefreshAccepted)
    if accepted.number is None or not wait:
        session.output.show(raw, RefreshAccepted, render_refresh_accepted)
        return
    session.output.note(f"Refresh {accepted.number} is on its way.")
    session.output.show(see_through(session, accepted.number), Refresh, render_refresh)
