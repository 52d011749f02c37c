"""Reads request bodies into typed requests, or names every bad field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from shared.catalog import Catalog, Compare
from shared.loading.order import Mode
from web.api.fields import LONGEST_TEXT, Fields, read_object
from web.api.problems import FieldError, bad_request

__all__ = [
    "COMPARISONS",
    "LOAD_MODES",
    "LONGEST_REASON",
    "MOST_PARALLEL",
    "MOST_RELEASES",
    "MOST_RUNS",
    "MOST_TABLES",
    "STATES",
    "BackfillBody",
    "LoadBody",
    "PlanBody",
    "ReconciliationBody",
    "RefreshBody",
    "RollbackBody",
    "WatermarkBody",
    "read_backfill",
    "read_load",
    "read_object",
    "read_plan",
    "read_reconciliation",
    "read_refresh",
    "read_rollback",
    "read_watermark",
]

MOST_TABLES = 2_500
MOST_PARALLEL = 16
MOST_RUNS = 1_000
MOST_RELEASES = 1_000
LONGEST_REASON = 500
MOST_VERSIONS = 10**9 - 2
LOAD_MODES = ("incremental", "initial", "snapshot")
COMPARISONS: tuple[str, ...] = get_args(Compare)
STATES = ("queued", "running", "committing", "succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBody:
    """`POST /api/loads`: tables by full name, a mode, and a start for this order only."""

    tables: tuple[str, ...]
    mode: Mode
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillBody:
    """`POST /api/backfills`: one table's period `[start, end)`, each side open if None, and how to cut it."""

    table: str
    start: str | None
    end: str | None
    window: str
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBody:
    """`POST /api/plans`: a load of one table, or with a period `[start, end)` or its mode a backfill."""

    table: str
    mode: Mode
    after: str | None
    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationBody:
    """`POST /api/reconciliations`: the table, and what of its rows is compared."""

    table: str
    compare: Compare


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshBody:
    """`POST /api/refreshes`: tables of which rows are let through, each with a key or, empty, whole."""

    release: tuple[tuple[str, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarkBody:
    """`PUT …/watermark`: where the watermark is set, why, and whether rows may be skipped by it."""

    position: str
    reason: str
    skip: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackBody:
    """`POST …/watermark/rollback`: the version whose position comes back, and why."""

    version: int
    reason: str


def read_load(content: bytes, catalog: Catalog) -> LoadBody:
    """Read the body of `POST /api/loads`. Raises Problem."""
    fields = Fields(read_object(content), ("tables", "source", "mode", "after"))
    source = fields.text("source")
    if source is not None and source not in {known.name for known in catalog.sources}:
        known = ", ".join(known.name for known in catalog.sources)
        fields.bad("source", f"there is no source {source!r}; there are: {known}")
    names = fields.texts("tables", MOST_TABLES)
    known_names = [table.name for table in catalog]
    for number, name in enumerate(names or ()):
        fields.table(f"tables[{number}]", name, known_names)
        if source and not name.startswith(f"{source}/"):
            fields.bad(f"tables[{number}]", f"{name!r} is not of source {source!r}")
    mode, after = _start(fields)
    fields.check()
    chosen = names or tuple(t.name for t in catalog if source in (None, t.source.name))
    if not chosen:
        raise bad_request(FieldError(field="tables", message="there is no table to load"))
    if len(chosen) > MOST_TABLES:
        message = f"one order loads at most {MOST_TABLES} tables: name them, or a source"
        raise bad_request(FieldError(field="tables", message=message))
    return LoadBody(tables=chosen, mode=mode, after=after)


def read_backfill(content: bytes, catalog: Catalog) -> BackfillBody:
    """Read the body of `POST /api/backfills`. Raises Problem."""
    fields = Fields(read_object(content), ("table", "from", "to", "window", "parallel"))
    table = _table(fields, catalog)
    start, end = fields.position("from"), fields.position("to")
    window = fields.position("window") or ""
    if window and not fields.has("from"):
        fields.bad("window", "goes with `from` only: else the period is cut by rows")
    parallel = fields.number("parallel", 2, MOST_PARALLEL)
    fields.check()
    return BackfillBody(
        table=table,
        start=start,
        end=end,
        window=window,
        parallel=parallel,
    )


def read_plan(content: bytes, catalog: Catalog) -> PlanBody:
    """Read the body of `POST /api/plans`. Raises Problem."""
    raw = read_object(content)
    fields = Fields(raw, ("table", "mode", "after", "from", "to"))
    table = _table(fields, catalog)
    mode, after = _start(fields, (*LOAD_MODES, "backfill"))
    start, end = fields.position("from"), fields.position("to")
    period = fields.has("from") or fields.has("to")
    if period and fields.has("mode") and mode != "backfill":
        fields.bad("mode", "must be backfill, or left out, with `from` and `to`")
    if period and fields.has("after"):
        fields.bad("after", "goes without `from` and `to` only: they make it a backfill")
    fields.check()
    return PlanBody(
        table=table,
        mode="backfill" if period else mode,
        after=after,
        start=start,
        end=end,
    )


def read_reconciliation(content: bytes, catalog: Catalog) -> ReconciliationBody:
    """Read the body of `POST /api/reconciliations`. Raises Problem."""
    fields = Fields(read_object(content), ("table", "compare"))
    table = _table(fields, catalog)
    compare = fields.choice("compare", COMPARISONS, "keys")
    fields.check()
    return ReconciliationBody(table=table, compare=cast("Compare", compare))


def read_refresh(content: bytes, catalog: Catalog) -> RefreshBody:
    """Read the body of `POST /api/refreshes`. Raises Problem."""
    fields = Fields(read_object(content), ("release",))
    wanted = [_release(fields, at, raw, catalog) for at, raw in enumerate(_items(fields))]
    fields.check()
    return RefreshBody(release=tuple(wanted))


def read_watermark(content: bytes) -> WatermarkBody:
    """Read the body of `PUT …/watermark`. Raises Problem."""
    fields = Fields(read_object(content), ("position", "reason", "skip"))
    position = fields.position("position", needed=True)
    reason = fields.text("reason", needed=True, most=LONGEST_REASON)
    skip = fields.flag("skip")
    fields.check()
    return WatermarkBody(position=cast("str", position), reason=cast("str", reason), skip=skip)


def read_rollback(content: bytes) -> RollbackBody:
    """Read the body of `POST …/watermark/rollback`. Raises Problem."""
    fields = Fields(read_object(content), ("version", "reason"))
    if not fields.has("version"):
        fields.bad("version", "is needed")
    version = fields.number("version", 1, MOST_VERSIONS) if fields.has("version") else 0
    reason = fields.text("reason", needed=True, most=LONGEST_REASON)
    fields.check()
    return RollbackBody(version=version, reason=cast("str", reason))


def _table(fields: Fields, catalog: Catalog) -> str:
    """Read the full name of a table that is needed; what is wrong with it is noted."""
    table = fields.text("table", needed=True)
    if table is None:
        return ""
    fields.table("table", table, [known.name for known in catalog])
    return table


def _items(fields: Fields) -> list[Any]:
    """Read the list `release`, which may be left out."""
    raw = fields.raw("release")
    if raw is None:
        return []
    if not isinstance(raw, list) or len(cast("list[Any]", raw)) > MOST_RELEASES:
        fields.bad("release", f"must be a list of at most {MOST_RELEASES} objects")
        return []
    return cast("list[Any]", raw)


def _release(
    fields: Fields, at: int, raw: object, catalog: Catalog
) -> tuple[str, Mapping[str, str]]:
    """Read what is to be let through: a table, and all columns of its key or none."""
    place = f"release[{at}]"
    if not isinstance(raw, dict):
        fields.bad(place, "must be an object with `table`, and `key` for one row")
        return "", {}
    own = Fields(cast("dict[str, Any]", raw), ("table", "key"))
    table = _table(own, catalog)
    for error in own.errors:
        fields.bad(f"{place}.{error.field}", error.message)
    spec = catalog.by_name.get(table)
    given: object = own.raw("key") if own.has("key") else {}
    if spec is None:
        return table, {}
    if not isinstance(given, dict):
        fields.bad(f"{place}.key", "must be an object: a value for each column of the key")
        return table, {}
    key = {name: _key_text(value) for name, value in cast("dict[str, Any]", given).items()}
    if key and set(key) != set(spec.key):
        columns = ", ".join(spec.key) or "none: leave it out"
        fields.bad(f"{place}.key", f"must have all columns of the table's key: {columns}")
    if None in key.values():
        fields.bad(f"{place}.key", "must have texts or whole numbers as values")
    return table, {name: text for name, text in key.items() if text is not None}


def _key_text(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


def _start(fields: Fields, modes: tuple[str, ...] = LOAD_MODES) -> tuple[Mode, str | None]:
    """Read a load's mode, and where it starts."""
    mode = fields.choice("mode", modes, "incremental")
    after = fields.position("after")
    if after is not None and mode != "incremental":
        fields.bad("after", "goes with mode incremental only")
    return cast("Mode", mode), after
