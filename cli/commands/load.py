"""`tidemark load`: order loads and see them through."""

from __future__ import annotations

import click

from cli.following import follow
from cli.options import TABLE, takes_address
from cli.paths import LOADS
from cli.session import open_session


@click.command("load")
@click.argument(
    "tables", metavar="[TABLE]...", nargs=-1, type=TABLE, help="Full names of the tables."
)
@click.option("--source", help="Only tables of this source; all of them if no table is named.")
@click.option(
    "--mode",
    type=click.Choice(["incremental", "initial", "snapshot"]),
    default="incremental",
    show_default=True,
    help="What to read: what is new, everything, or everything in place of what is there.",
)
@click.option("--after", help="Read above this cursor value, in this order only.")
@click.option("--no-wait", is_flag=True, help="End as soon as the order is placed.")
@takes_address
def command(
    tables: tuple[str, ...], source: str | None, mode: str, after: str | None, *, no_wait: bool
) -> None:
    """Load tables and wait until they are loaded.

    Without a TABLE, all tables of the source are loaded; without a source too, all there are.
    """
    body: dict[str, object] = {"mode": mode}
    if tables:
        body["tables"] = list(tables)
    if source is not None:
        body["source"] = source
    if after is not None:
        body["after"] = after
    session = open_session()
    follow(session, session.client.order(LOADS, body), wait=not no_wait)
