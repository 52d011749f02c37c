"""A table is as old as the start of its last good load; late ones are found by few requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from memory_ledger import MemoryLedger
from operations_samples import run

from shared.catalog import Catalog, TableSpec, parse_catalog
from shared.loading.order import Order
from shared.operations.freshness import (
    MOST_LOOKS,
    TURNS,
    Fresh,
    age_of,
    freshest,
    is_good,
    is_turn,
    late_trouble,
    suspects,
)
from shared.operations.ledger import RunQuery
from shared.operations.pages import Page
from shared.operations.records import RunRecord
from tests.unit.alerting.memory_boards import MemoryFreshness, Office
from web.api.views import view_table
from web.api.watching import watch_freshness

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ORDER = Order(order_id="20260101T000000000Z-00000a", tables=(), created_at="")


def catalog_of(count: int, within: str = "30m") -> Catalog:
    tables = "".join(
        f"  - {{table: dbo.T{n:04d}, key: [id], watermark: {{kind: none}}, fresh_within: {within}}}\n"
        for n in range(count)
    )
    head = 'source: {name: crm, kind: sql, engine: postgresql, connection: "${CRM_DB}"}\ntables:\n'
    return parse_catalog({"crm.yml": head + tables})


[SPEC] = catalog_of(1)


def ago(span: timedelta) -> str:
    return (NOW - span).isoformat()


@pytest.mark.parametrize(
    ("age", "late"), [(29 * MINUTE, False), (30 * MINUTE, False), (31 * MINUTE, True)]
)
def test_a_table_is_late_once_its_last_good_load_began_longer_ago_than_it_may(
    age: timedelta, *, late: bool
) -> None:
    found = age_of(SPEC, Fresh(at=ago(age)), NOW)
    assert found is not None
    assert (found.late, found.within_seconds, found.age_seconds) == (late, 1800, age.seconds)


def test_a_table_without_a_limit_is_never_late() -> None:
    spec = replace(SPEC, fresh_within=None)
    assert age_of(spec, Fresh(at=ago(timedelta(days=9))), NOW) is None
    assert late_trouble(spec, Fresh(at=ago(timedelta(days=9))), NOW) is None


def test_the_start_of_a_load_counts_and_not_its_end() -> None:
    runs = [run(ORDER, SPEC.name, started_at=ago(31 * MINUTE), ended_at=ago(MINUTE))]
    found = age_of(SPEC, freshest(runs)[SPEC.name], NOW)
    assert found is not None
    assert found.late


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({}, True),
        ({"outcome": "nothing_new"}, True),
        ({"outcome": "quarantined"}, False),
        ({"state": "failed", "outcome": None}, False),
        ({"mode": "snapshot"}, True),
        ({"mode": "backfill"}, False),
        ({"mode": "reconcile"}, False),
    ],
)
def test_only_what_brings_a_table_up_to_date_makes_it_fresh(
    fields: dict[str, Any], *, good: bool
) -> None:
    assert is_good(run(ORDER, SPEC.name, **fields)) is good


def test_a_table_that_was_never_loaded_is_as_old_as_the_first_look_at_it() -> None:
    trouble = late_trouble(SPEC, Fresh(at=ago(31 * MINUTE), loaded=False), NOW)
    assert trouble is not None
    assert trouble.text.startswith("it was never loaded")


def test_a_late_table_is_reported_anew_every_hour() -> None:
    fresh = Fresh(at=ago(timedelta(0)))
    looks = [NOW + 31 * MINUTE + MINUTE * n for n in range(150)]
    tokens = {getattr(late_trouble(SPEC, fresh, look), "token", None) for look in looks}
    assert len(tokens) == 3


def test_what_somebody_was_told_of_is_looked_up_once_in_ten_minutes() -> None:
    looks = [is_turn(SPEC.name, NOW + MINUTE * n) for n in range(3 * TURNS)]
    assert sum(looks) == 3
    told = frozenset({SPEC.name})
    known = {SPEC.name: Fresh(at=ago(31 * MINUTE))}
    found = [suspects([SPEC], known, told, NOW + MINUTE * n) for n in range(TURNS)]
    assert sorted(map(len, found)) == [0] * (TURNS - 1) + [1]


def test_a_view_shows_how_old_a_table_is_whatever_its_order_has_written_down() -> None:
    turn: Any = SimpleNamespace(holder=None, requested=0, served=0)
    runs = [run(ORDER, SPEC.name, started_at=ago(MINUTE))]
    view = view_table(SPEC, turn, None, runs, NOW, fresh=Fresh(at=ago(40 * MINUTE)))
    assert view["freshness"] == {"within_seconds": 1800, "age_seconds": 60, "late": False}
    unasked = replace(SPEC, fresh_within=None)
    assert view_table(unasked, turn, None, runs, NOW)["freshness"] is None


@dataclass
class CountingLedger(MemoryLedger):
    """Counts how often it is asked for runs; gives them newest first."""

    asked: int = 0

    def runs(self, query: RunQuery) -> Page[RunRecord]:
        self.asked += 1
        items = sorted(super().runs(replace(query, most=10**6)).items, key=lambda r: r.started_at)
        return Page(items=tuple(reversed(items))[: query.most], next=None)


@dataclass
class CountingFreshness(MemoryFreshness):
    """Counts how often it is read."""

    asked: int = 0

    def read(self) -> Mapping[str, Fresh]:
        self.asked += 1
        return super().read()


@dataclass
class App:
    """What the tick works with."""

    catalog: Catalog
    office: Office = field(default_factory=lambda: Office(time=NOW, pause=timedelta(0)))
    ledger: CountingLedger = field(default_factory=CountingLedger)
    freshness: CountingFreshness = field(default_factory=CountingFreshness)

    def now(self) -> datetime:
        return self.office.time

    @property
    def boards(self) -> Any:
        return self.office.boards

    @property
    def teller(self) -> Any:
        return self.office.teller

    def tick(self) -> None:
        watch_freshness(self)  # type: ignore[arg-type] - as much of the app as is needed
        self.office.pass_time(MINUTE)

    def load(self, table: TableSpec, **fields: Any) -> RunRecord:
        """A load that begins and ends now, of an order that has not ended."""
        at = self.office.time.isoformat()
        order = replace(ORDER, order_id=f"{self.office.time:%Y%m%dT%H%M%S}000Z-00000a")
        made = run(order, table.name, started_at=at, ended_at=at, **fields)
        self.ledger.record_run(made)
        return made


def test_a_late_table_is_told_of_once_and_its_next_success_once() -> None:
    app = App(catalog_of(1))
    [table] = app.catalog
    app.load(table)
    for _ in range(80):
        app.tick()
    assert [(a.status, a.event) for a in app.office.got] == [("late", "opened")]
    assert app.office.got[0].table == table.name
    assert app.office.got[0].lag_seconds is not None
    # The order that mends it never says so: the tick finds it.
    app.load(table)
    for _ in range(TURNS):
        app.tick()
    assert [a.event for a in app.office.got] == ["opened", "resolved"]
    assert app.boards.read().open == ()


def test_a_table_whose_long_order_has_not_ended_is_not_called_late() -> None:
    app = App(catalog_of(1))
    [table] = app.catalog
    for _ in range(6):
        app.load(table)
        for _ in range(20):
            app.tick()
    assert app.office.got == []


def test_many_late_tables_are_one_message() -> None:
    app = App(catalog_of(30))
    for table in app.catalog:
        app.load(table)
    for _ in range(40):
        app.tick()
    [alert] = app.office.got
    assert (alert.status, alert.failed) == ("late", 30)


def test_a_tick_of_many_tables_asks_little_and_never_more_than_its_bound() -> None:
    app = App(catalog_of(150))
    for table in app.catalog:
        app.load(table)
    asked: list[int] = []
    for _ in range(60):
        before = app.ledger.asked
        app.tick()
        asked.append(app.ledger.asked - before)
    assert max(asked) <= 2 * MOST_LOOKS
    assert asked[0] == 1  # the first look at all tables
    assert asked[1:20] == [0] * 19  # all are known, and none is late
    assert app.freshness.asked == 60
    # An outage makes all of them late at once: that is one message.
    assert [(a.status, a.failed) for a in app.office.got] == [("late", 150)]


def test_tables_that_were_never_loaded_are_looked_at_some_a_tick() -> None:
    app = App(catalog_of(120))
    asked: list[int] = []
    for _ in range(4):
        before = app.ledger.asked
        app.tick()
        asked.append(app.ledger.asked - before)
    assert asked == [1 + MOST_LOOKS, 1 + MOST_LOOKS, 20, 0]
    assert {fresh.loaded for fresh in app.freshness.tables.values()} == {False}
    assert len(app.freshness.tables) == 120


def test_an_incident_of_a_table_that_is_in_no_file_any_more_ends() -> None:
    app = App(catalog_of(1))
    [table] = app.catalog
    app.load(table)
    for _ in range(40):
        app.tick()
    app.catalog = catalog_of(1, within="none")
    app.tick()
    assert len(app.boards.read().open) == 1
    app.catalog = Catalog()
    app.tick()
    assert [a.event for a in app.office.got] == ["opened", "resolved"]
    assert "no table file" in app.office.got[1].text
