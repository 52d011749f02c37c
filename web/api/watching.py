"""What every tick looks for: tables that are late, and incidents that are over without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alerting.board import Board
from shared.alerting.incident import Mended, Trouble
from shared.catalog import Catalog, TableSpec
from shared.operations.freshness import (
    BEFORE,
    MOST_LOOKS,
    MOST_RUNS,
    Fresh,
    freshest,
    is_good,
    is_turn,
    late_trouble,
    later,
    suspects,
)
from shared.operations.ledger import RunQuery
from shared.operations.records import RunRecord
from shared.operations.troubles import gone, mended_run
from shared.runtime.wiring import App
from web.api.incidents import deliver


def watch_freshness(app: App) -> None:
    """Tell of late tables before a reader notices, and of incidents that are over.

    A tick costs one request for every thousand tables that are known, one for the board, and at most
    100 that look single tables up: those that seem late, and a tenth of those with an incident. Where
    more seem late, at most 50 more read the last runs of all tables.
    """
    catalog, now = app.catalog, app.now()
    board = app.boards.read()
    wrong = _find_late(app, catalog, board, now)
    over = _find_over(app, catalog, board, now)
    if wrong or over:
        app.teller.take_in(wrong, over)
        deliver(app)


def _find_late(app: App, catalog: Catalog, board: Board, now: datetime) -> list[Trouble]:
    wanted = [table for table in catalog if table.fresh_within is not None]
    if not wanted:
        return []
    known = app.freshness.read()
    told = frozenset(each.last.subject for each in board.open if each.last.kind == "late")
    suspected = suspects(wanted, known, told, now)
    found = _look_up(app, suspected, known, now)
    app.freshness.write({name: each for name, each in found.items() if each != known.get(name)})
    wrong = (
        late_trouble(table, found[table.name], now) for table in suspected if table.name in found
    )
    return [each for each in wrong if each is not None]


def _look_up(
    app: App, tables: Sequence[TableSpec], known: Mapping[str, Fresh], now: datetime
) -> dict[str, Fresh]:
    """Ask the ledger, which knows of runs whose order has not ended; what the bounds leave out waits."""
    recent = _look_at_all(app, tables, now) if len(tables) > MOST_LOOKS else _NOTHING
    found: dict[str, Fresh] = {}
    looks = 0
    for table in tables:
        name, before = table.name, known.get(table.name)
        seen = recent.found.get(name)
        if seen is None and not (before and before.loaded and recent.covers(table)):
            if looks == MOST_LOOKS:
                continue
            looks += 1
            seen = _look_at(app, name, before, now)
        found[name] = later(before, seen) if seen else before or _unloaded(now)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recent:
    """What the last runs of all tables say: of every table that was loaded within `span`."""

    found: Mapping[str, Fresh]
    span: timedelta

    def covers(self, table: TableSpec) -> bool:
        """Say whether a table that is not found must be late."""
        return table.fresh_within is not None and table.fresh_within <= self.span


_NOTHING = _Recent(found={}, span=timedelta(0))


def _look_at_all(app: App, tables: Sequence[TableSpec], now: datetime) -> _Recent:
    span = max(table.fresh_within or timedelta(0) for table in tables)
    since = (now - min(span, BEFORE) - BEFORE).isoformat()
    page = app.ledger.runs(RunQuery(status="succeeded", since=since, most=MOST_RUNS))
    whole = page.next is None
    return _Recent(found=freshest(page.items), span=min(span, BEFORE) if whole else timedelta(0))


def _look_at(app: App, name: str, known: Fresh | None, now: datetime) -> Fresh | None:
    run = _last_good(app, name, now, known.at if known and known.loaded else None)
    return freshest([run])[name] if run else None


def _unloaded(now: datetime) -> Fresh:
    return Fresh(at=now.isoformat(), loaded=False)


def _find_over(app: App, catalog: Catalog, board: Board, now: datetime) -> list[Mended]:
    """End what nobody has ended: a failure that was reported after the success that followed it."""
    names = catalog.by_name
    over: list[Mended] = []
    looked_up = 0
    for each in board.open:
        last = each.last
        if "/" not in last.subject:
            continue
        if last.subject not in names:
            over.append(gone(each, now))
        elif last.work == "load" and is_turn(last.subject, now) and looked_up < MOST_LOOKS:
            looked_up += 1
            run = _last_good(app, last.subject, now, last.at)
            over += [mended_run(run)] if run else []
    return over


def _last_good(app: App, table: str, now: datetime, since: str | None) -> RunRecord | None:
    """Give the last run that brought a table up to date, of those about and after a time.

    What was good more than two days ago has been written down since: a table that has failed for
    months costs no more than one that has for two days.
    """
    start = max(datetime.fromisoformat(since), now - BEFORE) - BEFORE if since else None
    stamp = start.isoformat() if start else None
    found = app.ledger.runs(RunQuery(table=table, status="succeeded", since=stamp, most=20))
    return next((run for run in found.items if is_good(run)), None)
