"""`tidemark status`: how far every table is."""

from __future__ import annotations

import click

from cli.answers import Table, Tables
from cli.options import TABLE, takes_address
from cli.paging import gather
from cli.paths import TABLES, table_path
from cli.rendering import render_table, render_tables
from cli.session import open_session


@click.command("status")
@click.argument("table", required=False, type=TABLE, help="Full name of a table.")
@click.option("--source", help="Only tables of this source.")
@takes_address
def command(table: str | None, source: str | None) -> None:
    """Show how far every table is, or one in detail.

    Of each: its state, its watermark, how far that lies behind now, and its last run.
    """
    if table is not None and source is not None:
        raise click.UsageError("give a TABLE or --source, not both")
    session = open_session()
    if table is None:
        query = {} if source is None else {"source": source}
        found = gather(session.client, TABLES, query, items="tables")
        session.output.show(found, Tables, render_tables)
    else:
        session.output.show(session.client.get(table_path(table)), Table, render_table)
