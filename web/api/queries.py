"""Reads the queries of lists into typed requests, or names every bad field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast, get_args

from shared.alerting.incident import Kind
from shared.catalog import Catalog
from shared.operations.dead_letters import LetterKind, LetterState
from web.api.bodies import MOST_RUNS, STATES
from web.api.fields import Fields

# The function key may be in the query instead of a header.
_KEY = "code"
LETTER_KINDS: tuple[str, ...] = get_args(LetterKind)
LETTER_STATES: tuple[str, ...] = get_args(LetterState)
INCIDENT_KINDS: tuple[str, ...] = get_args(Kind)
INCIDENT_STATES = ("open", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsQuery:
    """`GET /api/runs`: which runs, newest first."""

    status: str | None
    table: str | None
    since: str | None
    limit: int
    page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersQuery:
    """`GET /api/orders`: which orders, newest first."""

    status: str | None
    since: str | None
    limit: int
    page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesQuery:
    """`GET /api/tables`: of which source, by name."""

    source: str | None
    limit: int
    page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarksQuery:
    """`GET …/watermarks`: how many, newest first."""

    limit: int
    page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshesQuery:
    """`GET /api/refreshes`: how many, newest first."""

    limit: int
    page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """`GET /api/audit`: how many, newest first."""

    limit: int
    page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersQuery:
    """`GET /api/deadletters`: which, newest first."""

    kind: LetterKind | None
    state: LetterState | None
    limit: int
    page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentsQuery:
    """`GET /api/incidents`: which, open ones first."""

    state: str | None
    kind: str | None
    table: str | None
    limit: int
    page: str | None


def read_runs_query(params: Mapping[str, str], catalog: Catalog) -> RunsQuery:
    """Read the query of `GET /api/runs`. Raises Problem."""
    fields = Fields(params, ("status", "table", "since", "limit", "page", _KEY))
    status = _status(fields)
    table = fields.text("table")
    if table is not None:
        fields.table("table", table, [known.name for known in catalog])
    since, limit, page = _since(fields), _limit(fields, 100), _page(fields)
    fields.check()
    return RunsQuery(status=status, table=table, since=since, limit=limit, page=page)


def read_orders_query(params: Mapping[str, str]) -> OrdersQuery:
    """Read the query of `GET /api/orders`. Raises Problem."""
    fields = Fields(params, ("status", "since", "limit", "page", _KEY))
    status, since = _status(fields), _since(fields)
    limit, page = _limit(fields, 100), _page(fields)
    fields.check()
    return OrdersQuery(status=status, since=since, limit=limit, page=page)


def read_tables_query(params: Mapping[str, str], catalog: Catalog) -> TablesQuery:
    """Read the query of `GET /api/tables`. Raises Problem."""
    fields = Fields(params, ("source", "limit", "page", _KEY))
    source = fields.text("source")
    known = [known.name for known in catalog.sources]
    if source is not None and source not in known:
        fields.bad("source", f"there is no source {source!r}; there are: {', '.join(known)}")
    limit, page = _limit(fields, MOST_RUNS), _page(fields)
    fields.check()
    return TablesQuery(source=source, limit=limit, page=page)


def read_watermarks_query(params: Mapping[str, str]) -> WatermarksQuery:
    """Read the query of `GET …/watermarks`. Raises Problem."""
    fields = Fields(params, ("limit", "page", _KEY))
    limit, page = _limit(fields, 100), _page(fields)
    fields.check()
    return WatermarksQuery(limit=limit, page=page)


def read_refreshes_query(params: Mapping[str, str]) -> RefreshesQuery:
    """Read the query of `GET /api/refreshes`. Raises Problem."""
    fields = Fields(params, ("limit", "page", _KEY))
    limit, page = _limit(fields, 100), _page(fields)
    fields.check()
    return RefreshesQuery(limit=limit, page=page)


def read_audit_query(params: Mapping[str, str]) -> AuditQuery:
    """Read the query of `GET /api/audit`. Raises Problem."""
    fields = Fields(params, ("limit", "page", _KEY))
    limit, page = _limit(fields, 100), _page(fields)
    fields.check()
    return AuditQuery(limit=limit, page=page)


def read_letters_query(params: Mapping[str, str]) -> LettersQuery:
    """Read the query of `GET /api/deadletters`. Raises Problem."""
    fields = Fields(params, ("kind", "state", "limit", "page", _KEY))
    kind = fields.choice("kind", LETTER_KINDS, "") if fields.has("kind") else None
    state = fields.choice("state", LETTER_STATES, "") if fields.has("state") else None
    limit, page = _limit(fields, 100), _page(fields)
    fields.check()
    return LettersQuery(
        kind=cast("LetterKind | None", kind),
        state=cast("LetterState | None", state),
        limit=limit,
        page=page,
    )


def read_incidents_query(params: Mapping[str, str]) -> IncidentsQuery:
    """Read the query of `GET /api/incidents`. Raises Problem."""
    fields = Fields(params, ("state", "kind", "table", "limit", "page", _KEY))
    state = fields.choice("state", INCIDENT_STATES, "") if fields.has("state") else None
    kind = fields.choice("kind", INCIDENT_KINDS, "") if fields.has("kind") else None
    # A table that is gone from the table files may have had incidents.
    table, limit, page = fields.text("table"), _limit(fields, 100), _page(fields)
    fields.check()
    return IncidentsQuery(state=state, kind=kind, table=table, limit=limit, page=page)


def _status(fields: Fields) -> str | None:
    return fields.choice("status", STATES, "") if fields.has("status") else None


def _since(fields: Fields) -> str | None:
    text = fields.raw("since")
    if text is None:
        return None
    moment = _moment(text)
    if moment is None:
        fields.bad("since", "must be a time such as 2026-01-31T00:00:00Z")
    return moment


def _limit(fields: Fields, usual: int) -> int:
    text = fields.raw("limit")
    if text is None:
        return usual
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= MOST_RUNS:
        return int(text)
    fields.bad("limit", f"must be a whole number from 1 to {MOST_RUNS}")
    return usual


def _page(fields: Fields) -> str | None:
    page = fields.raw("page")
    if page is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,2000}", page):
        fields.bad("page", "is no token of a page: follow `next` as it is given")
    return page


def _moment(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return zoned.astimezone(UTC).isoformat()
    except OverflowError:
        return None
