"""Follows what was ordered to its end: progress meanwhile, the result then, and the exit status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from click.exceptions import Exit
from rich.console import RenderableType

from cli.answers import SUCCEEDED, Accepted, Backfill, Order, Standing, read
from cli.errors import FAILED, Refused, StoppedWaiting, Unreachable
from cli.paths import BACKFILLS, backfill_path, order_path
from cli.progress import render_backfill_progress, render_order_progress, show_progress
from cli.rendering import render_accepted, render_backfill, render_order
from cli.session import Session
from cli.waiting import await_end

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sort(Generic[Kind]):
    """A sort of order: where it is looked at, by which command, and how it looks."""

    path: Callable[[str], str]
    command: str
    kind: type[Kind]
    progress: Callable[[Kind], RenderableType]
    result: Callable[[Kind], RenderableType]


_ORDERS = _Sort(
    path=order_path,
    command="tidemark runs",
    kind=Order,
    progress=render_order_progress,
    result=render_order,
)
_BACKFILLS = _Sort(
    path=backfill_path,
    command="tidemark backfill --status",
    kind=Backfill,
    progress=render_backfill_progress,
    result=render_backfill,
)


def follow(session: Session, raw: Any, *, wait: bool) -> None:
    """Wait for what the app has accepted, or only say where to look.

    Raises:
        Exit: it failed or was cancelled.
        StoppedWaiting: the user pressed Ctrl-C.
        Unreachable: the app was away for too long.
    """
    accepted = read(raw, Accepted)
    sort = _sort_of(accepted)
    if not wait:
        session.output.show(raw, Accepted, render_accepted)
        session.output.note(_hint(sort, accepted.order_id))
        return
    session.output.note(f"Order {accepted.order_id} is placed.")
    ended = _await_end(session, sort, accepted.order_id)
    session.output.show(ended, sort.kind, sort.result)
    if read(ended, Standing).state != SUCCEEDED:
        raise Exit(FAILED)


def _await_end(session: Session, sort: _Sort[Any], order_id: str) -> Any:
    path = sort.path(order_id)
    try:
        with show_progress(sort.kind, sort.progress) as on_news:
            return await_end(lambda: session.client.get(path), on_news)
    except KeyboardInterrupt as stop:
        raise StoppedWaiting(_goes_on(sort, order_id)) from stop
    except (Unreachable, Refused) as error:
        raise type(error)(f"{error.message}\n{_goes_on(sort, order_id)}") from error


def _sort_of(accepted: Accepted) -> _Sort[Any]:
    status = urlsplit(accepted.links.get("status", "")).path
    return _BACKFILLS if f"{BACKFILLS}/" in status else _ORDERS


def _goes_on(sort: _Sort[Any], order_id: str) -> str:
    return f"Order {order_id} goes on without this command. {_hint(sort, order_id)}"


def _hint(sort: _Sort[Any], order_id: str) -> str:
    return f"Look at it with: {sort.command} {order_id}"
