"""`tidemark watermark`: how far a table is loaded."""

from __future__ import annotations

import click
import msgspec

from cli.answers import Standpoint, read
from cli.options import TABLE, takes_address
from cli.paths import table_path
from cli.rendering import render_watermark
from cli.session import open_session


@click.group("watermark")
@takes_address
def command() -> None:
    """Look at watermarks.

    A watermark is the cursor value up to which a table is loaded.
    """


@command.command("show")
@click.argument("table", type=TABLE, help="Full name of the table.")
@takes_address
def show(table: str) -> None:
    """Show a table's watermark: its position, how firm it is, and which run moved it there."""
    session = open_session()
    found = read(session.client.get(table_path(table)), Standpoint)
    session.output.show(msgspec.to_builtins(found), Standpoint, render_watermark)
