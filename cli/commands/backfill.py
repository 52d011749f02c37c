"""`tidemark backfill`: load a past period again; show, cancel or resume such an order."""

from __future__ import annotations

import click

from cli.answers import Backfill
from cli.following import follow
from cli.options import TABLE, takes_address
from cli.paths import BACKFILLS, backfill_path, rerun_path
from cli.rendering import render_backfill
from cli.session import Session, open_session

_USAGE = (
    "name a TABLE with --from, --to or both, or with --all alone; "
    "or give one of --status, --cancel, --resume alone"
)

# The parameters of a period, and their names in the request.
_FIELDS = {"start": "from", "end": "to", "window": "window", "parallel": "parallel"}


@click.command("backfill")
@click.argument("table", required=False, type=TABLE, help="Full name of the table.")
@click.option(
    "--from", "start", help="First cursor value of the period, included; else the lowest."
)
@click.option("--to", "end", help="Where the period ends, excluded; else with the watermark.")
@click.option("--all", "whole", is_flag=True, help="All that is loaded, also rows without a value.")
@click.option("--window", help="Size of a window, with --from: 12h or 7d, or a count of integers.")
@click.option("--parallel", type=click.IntRange(min=1), help="Windows loaded at once.")
@click.option("--status", "status_of", metavar="ID", help="Show a backfill.")
@click.option(
    "--cancel", "cancelled", metavar="ID", help="End a backfill after its current windows."
)
@click.option("--resume", "resumed", metavar="ID", help="Load the windows that are left.")
@click.option("--no-wait", is_flag=True, help="End as soon as the order is placed.")
@takes_address
def command(
    table: str | None,
    status_of: str | None,
    cancelled: str | None,
    resumed: str | None,
    *,
    whole: bool,
    no_wait: bool,
    **period: str | int | None,
) -> None:
    """Load a past period of a table again, window by window.

    The period runs from --from up to, but not including, --to, in the units of the table's
    cursor; --all fills the history of a new column. The watermark stays where it is.
    """
    body = {_FIELDS[name]: value for name, value in period.items() if value is not None}
    chosen = [name for name in (status_of, cancelled, resumed) if name is not None]
    if len(chosen) + (table is not None) != 1 or (chosen and (body or whole)):
        raise click.UsageError(_USAGE)
    if table is not None:
        if whole == bool({"from", "to"} & body.keys()) or ("window" in body and "from" not in body):
            raise click.UsageError(_USAGE)
        session = open_session()
        raw = session.client.order(BACKFILLS, {"table": table, **body})
        follow(session, raw, wait=not no_wait)
    elif resumed is not None:
        _resume(open_session(), resumed, wait=not no_wait)
    else:
        _look(open_session(), chosen[0], cancel=cancelled is not None)


def _look(session: Session, name: str, *, cancel: bool) -> None:
    ask = session.client.delete if cancel else session.client.get
    session.output.show(ask(backfill_path(name)), Backfill, render_backfill)


def _resume(session: Session, name: str, *, wait: bool) -> None:
    # Refused here if it is no backfill: what follows would run any order again.
    session.client.get(backfill_path(name))
    raw = session.client.order(rerun_path(name), {})
    follow(session, raw, wait=wait)
