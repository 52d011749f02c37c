"""Quarantine and quality: runs that were set aside, rules that were broken, and where the rest is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.operations.ledger import RunQuery
from shared.operations.records import RunRecord
from shared.runtime.wiring import App

# The newest runs that are looked through, and what is listed of them.
NEWEST_RUNS = 1_000
LISTED = 50
POINTS = 20
# As shared.quality.contract writes it.
_BROKEN = re.compile(
    r"rule (?P<rule>.+) \((?P<severity>warn|quarantine|block)\) is broken by (?P<rows>\d+) of (?P<of>\d+) rows"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """How many rows of one run broke a rule."""

    run_id: str
    at: str
    rows: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrend:
    """A rule of a table and the runs that broke it, the oldest first."""

    table: str
    rule: str
    severity: str
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage:
    """What the ledger knows of quality. `data_docs` is where the documents of Great Expectations are, or empty."""

    now: datetime
    set_aside: tuple[RunRecord, ...]
    stopped: tuple[RunRecord, ...]
    noticed: tuple[RunRecord, ...]
    rules: tuple[RuleTrend, ...]
    runs_seen: int
    runs_left: bool
    left_out: int
    data_docs: str


def look_at_quality(app: App, data_docs: str) -> QualityPage:
    """Look through the newest runs."""
    found = app.ledger.runs(RunQuery(most=NEWEST_RUNS))
    runs = found.items
    aside = [run for run in runs if run.outcome == "quarantined"]
    stopped = [run for run in runs if run.error and run.error.type == "ContractBroken"]
    noticed = [run for run in runs if run.findings and run not in aside and run not in stopped]
    lists = (aside, stopped, noticed)
    return QualityPage(
        now=app.now(),
        set_aside=tuple(aside[:LISTED]),
        stopped=tuple(stopped[:LISTED]),
        noticed=tuple(noticed[:LISTED]),
        rules=find_trends(runs),
        runs_seen=len(runs),
        runs_left=found.next is not None,
        left_out=sum(max(0, len(each) - LISTED) for each in lists),
        data_docs=data_docs,
    )


def find_trends(newest_first: Iterable[RunRecord]) -> tuple[RuleTrend, ...]:
    """Gather what the findings of runs say of broken rules, by table and rule."""
    found: dict[tuple[str, str, str], list[Breach]] = {}
    for run in newest_first:
        for match in filter(None, map(_BROKEN.search, run.findings)):
            points = found.setdefault((run.table, match["rule"], match["severity"]), [])
            if len(points) < POINTS:
                points.insert(0, _breach(run, match.groupdict()))
    return tuple(
        RuleTrend(table=table, rule=rule, severity=severity, breaches=tuple(points))
        for (table, rule, severity), points in sorted(found.items())
    )


def _breach(run: RunRecord, said: Mapping[str, str]) -> Breach:
    at = run.ended_at or run.started_at
    return Breach(run_id=run.run_id, at=at, rows=int(said["rows"]), of=int(said["of"]))
