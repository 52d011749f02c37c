"""One run: its steps, what it read and landed, and what it proved; and the list of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.landing.lake import PathMissing
from shared.landing.manifest import Manifest
from shared.landing.publication import read_manifest
from shared.loading.errors import BadOrder, LakeUnavailable
from shared.loading.order import instance_of
from shared.operations.ledger import RunQuery
from shared.operations.records import OrderRecord, RunRecord
from shared.runtime.wiring import App
from web.api.problems import not_found
from web.api.queries import RunsQuery, read_runs_query
from web.page.wording import moment

MOST_FILES = 100
MOST_SLICES = 100
MOST_STEPS = 80
LISTED_RUNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """One step as the host remembers it. `at` is when it ended, None if it has not. UTC, ISO 8601."""

    name: str
    asked: str | None
    at: str | None
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """One run. `manifest` is None where nothing is published; `why_not` says why it could not be read.

    `steps` are those of its last attempt, None where nobody could ask the host for them.
    """

    now: datetime
    run: RunRecord
    order: OrderRecord | None
    manifest: Manifest | None
    why_not: str = ""
    steps: tuple[StepTaken, ...] | None = None
    more_steps: int = 0
    runbook: str = ""

    @property
    def instance(self) -> str | None:
        """The orchestration that carried its last attempt out."""
        if self.order is None:
            return None
        head = self.run.run_id.partition(".")[0]
        _, grouped, part = head.rpartition("-g")
        order = replace(self.order.order, attempt=self.run.attempt)
        return instance_of(order, f"g{part}" if grouped else self.run.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsPage:
    """Runs, the newest first, as they were asked for."""

    now: datetime
    runs: tuple[RunRecord, ...]
    query: RunsQuery
    next: str | None
    tables: tuple[str, ...]


def look_at_run(app: App, run_id: str, runbook: str) -> RunPage:
    """Look at one run. Raises Problem if there is none."""
    try:
        run = app.ledger.run(run_id)
    except BadOrder as error:
        raise not_found(str(error)) from error
    if run is None:
        raise not_found(f"there is no run {run_id}")
    manifest, why_not = _manifest(app, run)
    return RunPage(
        now=app.now(),
        run=run,
        order=app.ledger.order(run.order_id),
        manifest=manifest,
        why_not=why_not,
        runbook=runbook,
    )


def _manifest(app: App, run: RunRecord) -> tuple[Manifest | None, str]:
    if run.folder is None:
        return None, ""
    try:
        return read_manifest(app.lake, run.folder), ""
    except PathMissing:
        return None, "its folder has been removed from the lake since"
    except LakeUnavailable as error:
        return None, f"the lake does not answer: {error}"


def read_steps(history: Iterable[Mapping[str, Any]]) -> tuple[StepTaken, ...]:
    """Read the steps out of what the host tells of an orchestration; what is not a step is left out."""
    found: list[StepTaken] = []
    for event in history:
        kind, name = str(event.get("EventType", "")), event.get("FunctionName")
        if not name or not kind.startswith(("Task", "SubOrchestration")):
            continue
        done = kind.endswith(("Completed", "Failed"))
        at = _time(event.get("Timestamp"))
        found.append(
            StepTaken(
                name=str(name),
                asked=_time(event.get("ScheduledTime")) if done else at,
                at=at if done else None,
                ended="failed" if kind.endswith("Failed") else "succeeded" if done else "running",
            )
        )
    return tuple(found)


def with_steps(page: RunPage, steps: tuple[StepTaken, ...]) -> RunPage:
    """Give the page with the steps that the host tells of, the last if there are very many."""
    return replace(page, steps=steps[-MOST_STEPS:], more_steps=max(0, len(steps) - MOST_STEPS))


def _time(value: object) -> str | None:
    found = moment(str(value)) if value else None
    return found.isoformat() if found else None


def look_at_runs(app: App, params: Mapping[str, str]) -> RunsPage:
    """List runs. Raises Problem where the query is bad."""
    catalog = app.catalog
    query = read_runs_query({"limit": str(LISTED_RUNS), **params}, catalog)
    found = app.ledger.runs(
        RunQuery(
            table=query.table,
            status=query.status,
            since=query.since,
            most=query.limit,
            page=query.page,
        )
    )
    names = tuple(sorted(spec.name for spec in catalog))
    return RunsPage(now=app.now(), runs=found.items, query=query, next=found.next, tables=names)
