"""Waiting for a refresh, and how a command ends that did."""

from __future__ import annotations

from typing import Any

from click.exceptions import Exit

from cli.answers import SUCCEEDED, Stated, read
from cli.errors import FAILED, Refused, StoppedWaiting, Unreachable
from cli.paths import refresh_path
from cli.progress import show_progress
from cli.refreshes import Refresh, render_refresh
from cli.session import Session
from cli.waiting import await_end


def see_through(session: Session, number: int) -> Any:
    """Wait until a refresh has ended and give it. One that did not succeed is shown and ends the command."""
    goes_on = (
        f"Refresh {number} goes on without this command. "
        f"Look at it with: tidemark refresh --status {number}"
    )
    try:
        with show_progress(Refresh, render_refresh) as on_news:
            ended = await_end(lambda: session.client.get(refresh_path(number)), on_news)
    except KeyboardInterrupt as stop:
        raise StoppedWaiting(goes_on) from stop
    except (Unreachable, Refused) as error:
        raise type(error)(f"{error.message}\n{goes_on}") from error
    if read(ended, Stated).state != SUCCEEDED:
        session.output.show(ended, Refresh, render_refresh)
        raise Exit(FAILED)
    return ended
