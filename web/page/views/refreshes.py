"""Refreshes of the lakehouse, and the job runs that carry them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.lakehouse.handover import HandedTable, tables_of
from shared.lakehouse.log import read_handover
from shared.lakehouse.records import RefreshRecord
from shared.lakehouse.releases import Release
from shared.operations.pages import encode_page
from shared.runtime.wiring import App
from web.api.queries import read_refreshes_query
from web.api.refreshes import read_page, refresh_named

LISTED_REFRESHES = 50
MOST_TABLES = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshesPage:
    """Refreshes, the newest first. `has_job` says whether a job is set at all."""

    now: datetime
    refreshes: tuple[RefreshRecord, ...]
    has_job: bool
    next: str | None
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshPage:
    """One refresh, with what it hands over and lets through."""

    now: datetime
    record: RefreshRecord
    tables: tuple[HandedTable, ...]
    more_tables: int
    released: tuple[Release, ...]
    runbook: str


def look_at_refreshes(app: App, params: Mapping[str, str]) -> RefreshesPage:
    """List refreshes. Raises Problem where the query is bad."""
    query = read_refreshes_query({"limit": str(LISTED_REFRESHES), **params})
    below = read_page(query.page) if query.page else None
    found = app.refreshes.refreshes(query.limit + 1, below=below)
    shown = found[: query.limit]
    return RefreshesPage(
        now=app.now(),
        refreshes=shown,
        has_job=app.workspace is not None,
        next=encode_page(str(shown[-1].number)) if len(found) > len(shown) else None,
        first=query.page is None,
    )


def look_at_refresh(app: App, number: str, runbook: str) -> RefreshPage:
    """Look at one refresh. Raises RefreshUnknown."""
    record = refresh_named(app, number)
    written = read_handover(app.lake, record.number)
    tables = tuple(tables_of(written.handover)) if written else ()
    return RefreshPage(
        now=app.now(),
        record=record,
        tables=tables[:MOST_TABLES],
        more_tables=max(0, len(tables) - MOST_TABLES),
        released=tuple(written.handover.releases) if written else (),
        runbook=runbook,
    )
