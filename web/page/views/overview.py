"""The first page: every table at a glance, from a bounded number of questions to the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from shared.catalog import Catalog, TableSpec
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark
from shared.operations.lag import lag_seconds
from shared.operations.ledger import RunQuery
from shared.operations.records import RunRecord
from shared.runtime.wiring import App
from web.page.standing import STANDINGS, Stand, Standing, find_standing

# Tables on one page, the newest runs that are looked through for all of them, and those tables that
# are asked for their last run one by one as it is not among these.
MOST_TABLES = 250
NEWEST_RUNS = 1_000
ONE_BY_ONE = 25
SHOWN_RUNS = 20
# Questions at once.
_LANES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    """One table. `runs` are its last ones, the oldest first; `unseen` says that it has older ones only."""

    name: str
    source: str
    stand: Stand
    watermark: Watermark | None
    lag: float | None
    runs: tuple[RunRecord, ...] = ()
    unseen: bool = False

    @property
    def last(self) -> RunRecord | None:
        """The newest run that was seen."""
        return self.runs[-1] if self.runs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All tables of one page, those first that want somebody's attention.

    `counts` are of every table of the page, whatever `state` leaves of `tables`. `total` counts the
    tables of the catalogue that the source leaves. `runs_seen` says how many runs were looked
    through, `runs_left` that there are older ones. `after` is the name after which the page begins.
    """

    now: datetime
    tables: tuple[TableLine, ...]
    counts: Mapping[Standing, int]
    sources: tuple[str, ...]
    total: int
    looked_at: int
    runs_seen: int
    runs_left: bool
    unseen: int
    source: str = ""
    state: str = ""
    after: str = ""
    next: str | None = None


def look_at_tables(app: App, params: Mapping[str, str]) -> Overview:
    """Look at the tables of a page."""
    catalog, now = app.catalog, app.now()
    source, state, after = (params.get(name, "") for name in ("source", "state", "after"))
    specs = sorted(_of_source(catalog, source), key=lambda spec: spec.name)
    left = [spec for spec in specs if spec.name > after]
    shown = left[:MOST_TABLES]
    newest = app.ledger.runs(RunQuery(most=NEWEST_RUNS))
    with ThreadPoolExecutor(_LANES) as lanes:
        lines = list(lanes.map(lambda spec: _stands(app, spec), shown))
        runs = _by_table(newest.items)
        asked = [spec.name for spec, line in zip(shown, lines, strict=True) if _asks(line, runs)]
        older = list(lanes.map(lambda name: _last(app, name), asked[:ONE_BY_ONE]))
    runs |= dict(zip(asked[:ONE_BY_ONE], older, strict=True))
    unseen = frozenset(asked[ONE_BY_ONE:])
    found = [
        _line(spec, turn, watermark, runs.get(spec.name, ()), now)
        for spec, (turn, watermark) in zip(shown, ((e[1], e[2]) for e in lines), strict=True)
    ]
    found = [replace(each, unseen=each.name in unseen) for each in found]
    return Overview(
        now=now,
        tables=tuple(sorted(_in_state(found, state), key=_urgency)),
        counts={each: sum(line.stand.is_ == each for line in found) for each in STANDINGS},
        sources=tuple(each.name for each in catalog.sources),
        total=len(specs),
        looked_at=len(shown),
        runs_seen=len(newest.items),
        runs_left=newest.next is not None,
        unseen=len(unseen),
        source=source,
        state=state,
        after=after,
        next=shown[-1].name if len(left) > len(shown) else None,
    )


_Stands = tuple[str, Turn, Watermark | None]


def _stands(app: App, spec: TableSpec) -> _Stands:
    turn, watermark = app.states.glance(spec.name)
    return spec.name, turn, watermark


def _asks(line: _Stands, runs: Mapping[str, Sequence[RunRecord]]) -> bool:
    """Say whether a table has been loaded at some time and none of its runs was seen."""
    name, turn, _ = line
    return turn.epoch > 0 and name not in runs


def _last(app: App, name: str) -> tuple[RunRecord, ...]:
    return app.ledger.runs(RunQuery(table=name, most=1)).items


def _by_table(newest_first: Iterable[RunRecord]) -> dict[str, tuple[RunRecord, ...]]:
    found: dict[str, list[RunRecord]] = {}
    for run in newest_first:
        of_table = found.setdefault(run.table, [])
        if len(of_table) < SHOWN_RUNS:
            of_table.append(run)
    return {table: tuple(runs) for table, runs in found.items()}


def _line(
    spec: TableSpec,
    turn: Turn,
    watermark: Watermark | None,
    newest_first: Sequence[RunRecord],
    now: datetime,
) -> TableLine:
    return TableLine(
        name=spec.name,
        source=spec.source.name,
        stand=find_standing(spec, turn, newest_first, now),
        watermark=watermark,
        lag=lag_seconds(spec, watermark.position if watermark else None, now),
        runs=tuple(reversed(newest_first)),
    )


def _of_source(catalog: Catalog, source: str) -> list[TableSpec]:
    return [spec for spec in catalog if source in ("", spec.source.name)]


def _in_state(lines: Iterable[TableLine], state: str) -> list[TableLine]:
    return [line for line in lines if state in ("", line.stand.is_)]


def _urgency(line: TableLine) -> tuple[int, str]:
    return STANDINGS.index(line.stand.is_), line.name
