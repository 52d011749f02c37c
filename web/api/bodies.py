"""Reads request bodies and queries into typed requests, or names every bad field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, cast

from shared.catalog import Catalog
from shared.loading.order import Mode
from web.api.problems import FieldError, bad_request

MOST_BYTES = 1024 * 1024
MOST_TABLES = 2_500
MOST_PARALLEL = 16
MOST_RUNS = 1_000
LOAD_MODES = ("incremental", "initial", "snapshot")
STATES = ("queued", "running", "committing", "succeeded", "failed", "cancelled")
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBody:
    """`POST /api/loads`: tables by full name, a mode, and a start for this order only."""

    tables: tuple[str, ...]
    mode: Mode
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillBody:
    """`POST /api/backfills`: one table's period `[start, end)` and how to cut it."""

    table: str
    start: str
    end: str
    window: str
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsQuery:
    """`GET /api/runs`: which runs, newest first."""

    status: str | None
    table: str | None
    since: str | None
    limit: int


class _Fields:
    """The fields of a JSON object as they are read; what is wrong is gathered, not raised."""

    def __init__(self, raw: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        self._raw = raw
        self.errors: list[FieldError] = []
        for name in raw:
            if name not in allowed:
                close = get_close_matches(name, allowed, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(allowed)}"
                self.bad(name, f"is not known; {hint}")

    def bad(self, field: str, message: str) -> None:
        self.errors.append(FieldError(field=field, message=message))

    def has(self, name: str) -> bool:
        return self._raw.get(name) is not None

    def text(self, name: str, *, needed: bool = False) -> str | None:
        value = self._raw.get(name)
        if value is None:
            if needed:
                self.bad(name, "is needed")
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
            self.bad(name, f"must be a text of 1 to {_LONGEST_TEXT} characters")
            return None
        return value.strip()

    def position(self, name: str, *, needed: bool = False) -> str | None:
        """Read a cursor value: a text, or a whole number for an integer cursor."""
        value = self._raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(name, needed=needed)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._raw.get(name, default)
        if value not in allowed:
            self.bad(name, f"must be one of {', '.join(allowed)}")
            return default
        return cast("str", value)

    def number(self, name: str, default: int, most: int) -> int:
        value = self._raw.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.bad(name, f"must be a whole number from 1 to {most}")
            return default
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        value = self._raw.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not value or len(cast("list[Any]", value)) > MOST_TABLES:
            self.bad(name, f"must be a list of 1 to {MOST_TABLES} names, each source/schema.table")
            return None
        found: list[str] = []
        for number, item in enumerate(cast("list[Any]", value)):
            if isinstance(item, str):
                found.append(item)
            else:
                self.bad(f"{name}[{number}]", "must be a text: source/schema.table")
        return tuple(dict.fromkeys(found))

    def check(self) -> None:
        """Raise a problem with everything that was found."""
        if self.errors:
            raise bad_request(*self.errors)


def read_object(content: bytes) -> Mapping[str, Any]:
    """Read a JSON object; an empty body is an empty object."""
    if len(content) > MOST_BYTES:
        raise bad_request(FieldError(field="body", message=f"is larger than {MOST_BYTES} bytes"))
    if not content.strip():
        return {}
    try:
        raw: Any = json.loads(content)
        # Half a surrogate pair can be written in JSON, but neither stored nor sent back.
        json.dumps(raw, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request(FieldError(field="body", message="is not JSON in UTF-8")) from None
    if not isinstance(raw, dict):
        raise bad_request(FieldError(field="body", message="must be a JSON object: {…}"))
    return cast("dict[str, Any]", raw)


def read_load(content: bytes, catalog: Catalog) -> LoadBody:
    """Read the body of `POST /api/loads`. Raises Problem."""
    fields = _Fields(read_object(content), ("tables", "source", "mode", "after"))
    source = fields.text("source")
    if source is not None and source not in {known.name for known in catalog.sources}:
        known = ", ".join(known.name for known in catalog.sources)
        fields.bad("source", f"there is no source {source!r}; there are: {known}")
    names = fields.texts("tables")
    known_names = [table.name for table in catalog]
    for number, name in enumerate(names or ()):
        _check_table(fields, f"tables[{number}]", name, known_names)
        if source and not name.startswith(f"{source}/"):
            fields.bad(f"tables[{number}]", f"{name!r} is not of source {source!r}")
    mode = fields.choice("mode", LOAD_MODES, "incremental")
    after = fields.position("after")
    if after is not None and mode != "incremental":
        fields.bad("after", "goes with mode incremental only")
    fields.check()
    chosen = names or tuple(t.name for t in catalog if source in (None, t.source.name))
    if not chosen:
        raise bad_request(FieldError(field="tables", message="there is no table to load"))
    if len(chosen) > MOST_TABLES:
        message = f"one order loads at most {MOST_TABLES} tables: name them, or a source"
        raise bad_request(FieldError(field="tables", message=message))
    return LoadBody(tables=chosen, mode=cast("Mode", mode), after=after)


def read_backfill(content: bytes, catalog: Catalog) -> BackfillBody:
    """Read the body of `POST /api/backfills`. Raises Problem."""
    fields = _Fields(read_object(content), ("table", "from", "to", "window", "parallel"))
    table = fields.text("table", needed=True)
    if table is not None:
        _check_table(fields, "table", table, [known.name for known in catalog])
    start = fields.position("from", needed=True)
    end = fields.position("to", needed=True)
    window = fields.position("window") or ""
    parallel = fields.number("parallel", 2, MOST_PARALLEL)
    fields.check()
    return BackfillBody(
        table=cast("str", table),
        start=cast("str", start),
        end=cast("str", end),
        window=window,
        parallel=parallel,
    )


def read_runs_query(params: Mapping[str, str], catalog: Catalog) -> RunsQuery:
    """Read the query of `GET /api/runs`. Raises Problem."""
    fields = _Fields(params, ("status", "table", "since", "limit", "code"))
    status = fields.choice("status", STATES, "") if fields.has("status") else None
    table = fields.text("table")
    if table is not None:
        _check_table(fields, "table", table, [known.name for known in catalog])
    since = params.get("since")
    if since is not None and _moment(since) is None:
        fields.bad("since", "must be a time such as 2026-01-31T00:00:00Z")
    limit = params.get("limit", "100")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST_RUNS:
        fields.bad("limit", f"must be a whole number from 1 to {MOST_RUNS}")
    fields.check()
    return RunsQuery(
        status=status, table=table, since=_moment(since) if since else None, limit=int(limit)
    )


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


def _check_table(fields: _Fields, field: str, name: str, known: list[str]) -> None:
    if name in known:
        return
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    fields.bad(field, f"there is no table {name!r}{hint}")
