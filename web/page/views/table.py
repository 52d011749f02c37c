"""One table: how it stands, what it has been through, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.catalog import TableSpec
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark
from shared.operations.lag import lag_seconds
from shared.operations.ledger import RunQuery
from shared.operations.records import RunRecord
from shared.runtime.wiring import App
from web.api.queries import read_runs_query
from web.page.standing import Stand, find_standing

CHARTED_RUNS = 60
WATERMARKS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePage:
    """One table. `runs` and `watermarks` are the newest first; `older` leads to the runs before."""

    now: datetime
    spec: TableSpec
    stand: Stand
    turn: Turn
    watermark: Watermark | None
    lag: float | None
    runs: tuple[RunRecord, ...]
    watermarks: tuple[Watermark, ...]
    more_watermarks: bool
    older: str | None
    first: bool
    runbook: str = ""

    @property
    def last(self) -> RunRecord | None:
        """The newest run that is shown."""
        return self.runs[0] if self.runs else None


def look_at_table(app: App, spec: TableSpec, params: Mapping[str, str], runbook: str) -> TablePage:
    """Look at one table. Raises Problem where the query is bad."""
    page = read_runs_query({k: v for k, v in params.items() if k == "page"}, app.catalog).page
    now = app.now()
    turn, watermark = app.states.glance(spec.name)
    found = app.ledger.runs(RunQuery(table=spec.name, most=CHARTED_RUNS, page=page))
    newest = found.items
    if page is not None:
        newest = app.ledger.runs(RunQuery(table=spec.name, most=CHARTED_RUNS)).items
    marks = app.states.history(spec.name, WATERMARKS + 1)
    return TablePage(
        now=now,
        spec=spec,
        stand=find_standing(spec, turn, newest, now),
        turn=turn,
        watermark=watermark,
        lag=lag_seconds(spec, watermark.position if watermark else None, now),
        runs=found.items,
        watermarks=marks[:WATERMARKS],
        more_watermarks=len(marks) > WATERMARKS,
        older=found.next,
        first=page is None,
        runbook=runbook,
    )
