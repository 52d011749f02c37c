"""`tidemark release`: let rows through that broke a rule."""

from __future__ import annotations

import click

from cli.answers import read
from cli.options import TABLE, takes_address
from cli.paths import REFRESHES
from cli.refreshes import Refresh, RefreshAccepted, render_refresh, render_release_accepted
from cli.refreshing import see_through
from cli.session import Session, open_session


@click.command("release")
@click.argument("table", type=TABLE, help="Full name of the table.")
@click.argument(
    "pairs",
    nargs=-1,
    metavar="[COLUMN=VALUE]...",
    help="Only the row of this key: all of its columns.",
)
@click.option("--no-wait", is_flag=True, help="End as soon as the release is written down.")
@takes_address
def command(table: str, pairs: tuple[str, ...], *, no_wait: bool) -> None:
    """Let rows through that broke a rule and wait in quarantine, as they are.

    Without a key, all rows of the table that wait. The next refresh carries it out, and gold has
    the rows with it. A row that was read later still wins. To repair rows instead, correct them
    at the source and load again.
    """
    session = open_session()
    release = {"table": table, "key": dict(map(_parted, pairs))}
    raw = session.client.order(REFRESHES, {"release": [release]})
    accepted = read(raw, RefreshAccepted)
    if no_wait or accepted.number is None:
        session.output.show(raw, RefreshAccepted, render_release_accepted)
        return
    _await_release(session, accepted)


def _await_release(session: Session, accepted: RefreshAccepted) -> None:
    """Wait for the refresh that carries the release out: the one under way came before it."""
    number = accepted.number
    ended = None
    while number is not None:
        session.output.note(f"Refresh {number} is on its way.")
        ended = see_through(session, number)
        if not accepted.releases_waiting:
            break
        # What was asked before the next hand-over was made is in it: asking for it waits for that.
        accepted = read(session.client.order(REFRESHES, {}), RefreshAccepted)
        number = accepted.number
    session.output.show(ended, Refresh, render_refresh)


def _parted(pair: str) -> tuple[str, str]:
    column, equals, value = pair.partition("=")
    if not column or not equals:
        raise click.UsageError(f"{pair!r} is no part of a key: write column=value")
    return column, value
