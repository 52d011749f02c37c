"""`tidemark cancel`: end what was ordered before it is done."""

from __future__ import annotations

import click

from cli.answers import Order
from cli.options import takes_address
from cli.paths import is_run, order_path, run_path
from cli.rendering import render_order
from cli.session import open_session


@click.command("cancel")
@click.argument("name", metavar="ID", help="Id of an order, a backfill or a run.")
@takes_address
def command(name: str) -> None:
    """Cancel an order, a backfill or one run.

    Of an order with many tables, a run's id cancels its one table. What has not begun is not
    begun; what is running ends before anything of it is published; what has begun to be
    published is carried to its end. Does not wait: `tidemark runs ID` shows how it ended.
    """
    session = open_session()
    path = run_path(name) if is_run(name) else order_path(name)
    session.output.show(session.client.delete(path), Order, render_order)
