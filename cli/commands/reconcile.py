"""`tidemark reconcile`: compare a table's copy with its source, and repair it."""

from __future__ import annotations

import click

from cli.following import follow
from cli.options import TABLE, takes_address
from cli.paths import RECONCILIATIONS
from cli.session import open_session


@click.command("reconcile")
@click.argument("table", type=TABLE, help="Full name of the table.")
@click.option(
    "--compare",
    type=click.Choice(["keys", "rows"]),
    default="keys",
    show_default=True,
    help="What to compare: keys alone, or whole rows by a hash that the source computes too.",
)
@click.option("--no-wait", is_flag=True, help="End as soon as the order is placed.")
@takes_address
def command(table: str, compare: str, *, no_wait: bool) -> None:
    """Compare a table's copy with its source, and repair it.

    Finds what a cursor cannot see: rows that were deleted, or written below the watermark, or
    given another key; with `rows` also those that changed without their cursor.
    """
    session = open_session()
    raw = session.client.order(RECONCILIATIONS, {"table": table, "compare": compare})
    follow(session, raw, wait=not no_wait)
