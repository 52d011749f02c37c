"""`tidemark status`: how far every table is."""

from __future__ import annotations

import click

from cli.answers import Table, Tables
from cli.options import TABLE, takes_address
from cli.paths import TABLES, table_path
from cli.rendering import render_table, render_tables
from cli.session import open_session


@click.command("status")
@click.argument("table", required=False, type=TABLE, help="Full name of a table.")
@takes_address
def command(table: str | None) -> None:
    """Show how far every table is, or one in detail.

    Of each: its state, its watermark, how far that lies behind now, and its last run.
    """
    session = open_session()
    if table is None:
        session.output.show(session.client.get(TABLES), Tables, render_tables)
    else:
        session.output.show(session.client.get(table_path(table)), Table, render_table)
