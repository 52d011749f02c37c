"""Schedulers, events and orders that want the same table at the same instant, from one worker and from two."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from e2e_api import Api, cloud_event, grid_event
from e2e_source import STAMPED, Source, create_items
from faults_by_hand import working_on
from faults_ending import await_ended, await_patiently, await_served, end_well, load
from faults_extent import extent, only_in_full
from faults_rig import Rig
from faults_scenario import Scenario

from local.oracle import compare
from shared.catalog import read_catalog
from shared.operations.ordering import Start
from shared.runtime import wiring

# For a machine that has much else to do; nothing is judged by it.
pytestmark = pytest.mark.timeout(1800)

TRIES = extent(40, 4)
AT_ONCE = 6


@pytest.fixture
def holding(new_rig: Callable[..., Rig], place: Path) -> Iterator[tuple[Rig, Path]]:
    """A worker whose activities can be held up by files in a folder."""
    rig = new_rig()
    folder = rig.state / "hold"
    folder.mkdir()
    assert rig.start(FUNCTIONS_HOST_HOLD=str(folder))
    yield rig, folder
    for wish in folder.iterdir():
        wish.unlink()


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Make all calls at the same instant, each in a thread of its own."""
    gate = Barrier(len(calls))

    def call(one: Callable[[], object]) -> object:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


@pytest.mark.long
def test_whoever_asks_for_a_table_at_the_same_instant_it_is_loaded_by_one_run(
    holding: tuple[Rig, Path], new_source: Callable[..., Source]
) -> None:
    rig, folder = holding
    source = new_source(rig)
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    with Api(rig.url) as api:
        load(api, table)
        for number in range(TRIES // 4):
            source.execute("INSERT INTO item (name) VALUES ('asked for by all')")
            before = api.table(table)
            runs = len(api.runs(table))
            (folder / "take_turn").touch()
            events = [partial(api.deliver, [grid_event(table, number)])] * AT_ONCE
            events += [partial(api.deliver, cloud_event(table, number))] * 2
            ticks = [partial(api.http.post, "/admin/functions/tick", json={})] * 2
            at_once([*events, *ticks])
            await_patiently((folder / "take_turn.held").exists, lambda: "nobody took the turn")
            (folder / "take_turn.held").unlink()
            await_served(api, table)
            await_ended(api)
            after = api.table(table)
            # Two events came, over and over: each was counted once, or both in one batch.
            assert after["requested"] - before["requested"] in (1, 2)
            assert len(api.runs(table)) == runs + 1
    assert compare(source.uri, read_catalog(rig.tables).table(table), rig.lake).equal


def test_of_two_workers_that_request_a_table_at_the_same_instant_one_starts_the_order(
    new_rig: Callable[..., Rig], new_source: Callable[..., Source]
) -> None:
    rig = new_rig()
    rig.storage.start()
    source = new_source(rig)
    settings = {**rig.environ, **rig.storage.settings(), "TIDEMARK_TABLES": str(rig.tables)}
    with working_on(settings) as app:
        desks = [app.desk, *(wiring.build(app.settings, settings).desk for _ in range(AT_ONCE - 1))]
        for number in range(TRIES):
            table = source.declare(f"item{number}", watermark=STAMPED)
            asked = [partial(desk.request, [table], "schedule") for desk in desks]
            starts = [start for start in at_once(asked) if start is not None]
            turn = app.states.turn(table)
            assert turn.requested == AT_ONCE
            names = {start.order.order_id for start in starts if isinstance(start, Start)}
            assert names == {turn.waiting}
            assert len(starts) == 1


@only_in_full
def test_two_workers_that_take_each_other_for_dead_lose_and_double_nothing(
    new_rig: Callable[..., Rig], new_source: Callable[..., Source], seed: int
) -> None:
    """Each has a task hub of its own, so that neither knows the other's orchestrations.

    Each sweep frees the turns of loads that are alive, and starts orders that are under way once
    more, under the same names: whole runs are executed twice at once.
    """
    one, two = new_rig(), new_rig()
    scenario = Scenario(source=new_source(one), seed=f"{seed}/two")
    scenario.create()
    two.tables, two.storage = one.tables, one.storage
    assert one.start()
    assert two.start(keep_slots=True)
    with scenario.writing():
        for number in range(TRIES // 2):
            scenario.ask((one, two)[number % 2].url)
            with Api(one.url) as api:
                await_ended(api)
    two.kill()
    assert end_well(one, scenario, may_fail=True) == []
