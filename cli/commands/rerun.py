"""`tidemark rerun`: order again what failed."""

from __future__ import annotations

import click

from cli.following import follow
from cli.options import takes_address
from cli.paths import rerun_path
from cli.session import open_session


@click.command("rerun")
@click.argument("name", metavar="ID", help="Id of a run, an order or a backfill.")
@click.option("--no-wait", is_flag=True, help="End as soon as the order is placed.")
@takes_address
def command(name: str, *, no_wait: bool) -> None:
    """Run again what failed of a run, an order or a backfill.

    What succeeded is left as it is.
    """
    session = open_session()
    raw = session.client.order(rerun_path(name), {})
    follow(session, raw, wait=not no_wait)
