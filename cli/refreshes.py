"""Refreshes of the lakehouse: what the API answers of them, and how they look to people."""

from __future__ import annotations

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from cli.answers import Failure, Stated
from cli.formats import clean, format_count, format_time, format_took
from cli.layout import list_facts, list_failures, make_grid, plural, render_state


class RefreshAccepted(Stated, frozen=True, kw_only=True):
    """What is on its way; without a number there was nothing to hand over."""

    number: int | None = None
    releases_waiting: int = 0


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One task of a job run."""

    task: str
    state: str
    message: str = ""


class Refresh(Stated, frozen=True, kw_only=True):
    """One hand-over and the job run that carries it out."""

    number: int
    attempt: int
    tables: int
    runs: int
    releases: int = 0
    job_run_id: int | None = None
    run_page: str | None = None
    tasks: tuple[Task, ...] = ()
    error: Failure | None = None
    cancel_requested: bool = False
    created_at: str
    ended_at: str | None = None


class Refreshes(msgspec.Struct, frozen=True, kw_only=True):
    """Refreshes, newest first."""

    refreshes: tuple[Refresh, ...]


def render_refresh_accepted(accepted: RefreshAccepted) -> Text:
    """Write what is on its way."""
    if accepted.number is None:
        return Text("Nothing was published since the last refresh.")
    return Text(f"Refresh {accepted.number} is {clean(accepted.state)}")


def render_release_accepted(accepted: RefreshAccepted) -> Text:
    """Write which refresh lets rows through."""
    if accepted.number is None:
        return Text("A refresh that has ended meanwhile carried the release out.")
    if accepted.releases_waiting:
        return Text(f"The refresh after {accepted.number}, which is on its way, carries it out.")
    return Text(f"Refresh {accepted.number} carries the release out")


def render_refresh(refresh: Refresh) -> RenderableType:
    """Write a refresh with its tasks, and every error."""
    head = list_facts(
        ("Refresh", str(refresh.number)),
        ("State", _standing(refresh)),
        ("Hands over", _handed(refresh)),
        ("Attempt", str(refresh.attempt)),
        ("Job run", str(refresh.job_run_id) if refresh.job_run_id is not None else None),
        ("Run page", refresh.run_page),
        ("Made (UTC)", format_time(refresh.created_at)),
        ("Took", format_took(refresh.created_at, refresh.ended_at)),
    )
    grid = make_grid("Task", "State", "Message")
    for task in refresh.tasks:
        grid.add_row(clean(task.task), clean(task.state), clean(task.message))
    shown = [grid] if refresh.tasks else []
    return Group(head, *shown, *list_failures([("refresh", refresh.error)]))


def render_refreshes(found: Refreshes) -> RenderableType:
    """Write every refresh in one line."""
    if not found.refreshes:
        return Text("There are no refreshes.")
    grid = make_grid("Refresh", "State", "Made (UTC)", ">Took", "Hands over", ">Attempt")
    for refresh in found.refreshes:
        grid.add_row(
            str(refresh.number),
            _standing(refresh),
            format_time(refresh.created_at),
            format_took(refresh.created_at, refresh.ended_at),
            _handed(refresh),
            str(refresh.attempt),
        )
    return grid


def _standing(refresh: Refresh) -> Text:
    state = render_state(refresh.state)
    if refresh.cancel_requested and refresh.state in ("queued", "running"):
        state.append(", is being cancelled")
    return state


def _handed(refresh: Refresh) -> str:
    runs, tables, releases = refresh.runs, refresh.tables, refresh.releases
    handed = (
        f"{format_count(runs)} {plural('run', runs)} of "
        f"{format_count(tables)} {plural('table', tables)}"
    )
    if releases:
        handed += f", {format_count(releases)} {plural('release', releases)}"
    return handed
