"""`tidemark watermark`: how far a table is loaded, how it came there, and corrections by hand."""

from __future__ import annotations

import click
import msgspec

from cli.answers import Standpoint, read
from cli.errors import Refused
from cli.options import TABLE, takes_address
from cli.paging import gather
from cli.paths import rollback_path, table_path, watermark_path, watermarks_path
from cli.session import Session, open_session
from cli.watermarks import Correction, History, render_correction, render_history, render_watermark

_LISTED = 100
_REASON = click.option("--reason", required=True, help="Why; kept in the history.")


@click.group("watermark")
@takes_address
def command() -> None:
    """Look at watermarks, and correct them.

    A watermark is the cursor value up to which a table is loaded.
    """


@command.command("show")
@click.argument("table", type=TABLE, help="Full name of the table.")
@takes_address
def show(table: str) -> None:
    """Show a table's watermark: its position, how firm it is, and which run moved it there."""
    session = open_session()
    found = _standpoint(session, table)
    session.output.show(msgspec.to_builtins(found), Standpoint, render_watermark)


@command.command("history")
@click.argument("table", type=TABLE, help="Full name of the table.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=_LISTED, show_default=True, help="How many."
)
@takes_address
def history(table: str, limit: int) -> None:
    """Show every watermark that a table has had, newest first, and what moved it there."""
    session = open_session()
    found = gather(session.client, watermarks_path(table), {}, items="watermarks", most=limit)
    session.output.show(found, History, render_history)


@command.command("set")
@click.argument("table", type=TABLE, help="Full name of the table.")
@click.argument("position", help="The cursor value up to which the table shall count as loaded.")
@_REASON
@click.option("--skip", is_flag=True, help="Move forward: rows in between are left out for ever.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@takes_address
def set_position(table: str, position: str, reason: str, *, skip: bool, yes: bool) -> None:
    """Set a table's watermark by hand; the next load reads what lies above it.

    Backward, rows are read again. Forward, or where there is none yet, rows would be left out,
    so that needs --skip. Refused while the table is being loaded.
    """
    session = open_session()
    if not yes:
        _confirm(session, table, position)
    body: dict[str, object] = {"position": position, "reason": reason}
    raw = session.client.put(watermark_path(table), body | ({"skip": True} if skip else {}))
    session.output.show(raw, Correction, render_correction)


@command.command("rollback")
@click.argument("table", type=TABLE, help="Full name of the table.")
@click.option(
    "--version",
    type=click.IntRange(min=1),
    required=True,
    help="The version to go back to, as `history` lists them.",
)
@_REASON
@takes_address
def rollback(table: str, version: int, reason: str) -> None:
    """Take a table's watermark back to an earlier one; what lies above it is read again."""
    session = open_session()
    raw = session.client.post(rollback_path(table), {"version": version, "reason": reason})
    session.output.show(raw, Correction, render_correction)


def _standpoint(session: Session, table: str) -> Standpoint:
    return read(session.client.get(table_path(table)), Standpoint)


def _confirm(session: Session, table: str, position: str) -> None:
    """Ask whether this is meant. Raises Refused unless the answer is yes."""
    mark = _standpoint(session, table).watermark
    session.output.note(f"Watermark of {table} now: {mark.position if mark else 'none'}")
    try:
        agreed = click.confirm(f"Set it to {position}?", err=True)
    except click.Abort as stop:
        raise Refused("nothing was changed: answer on a terminal, or give --yes") from stop
    if not agreed:
        raise Refused("nothing was changed")
