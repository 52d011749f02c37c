"""Whatever dies between two calls, and whoever publishes in between: each run is in exactly one hand-over."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lakehouse_samples import MemoryRefreshes, MemoryReleases, run, spec

from shared.lakehouse.desk import RefreshDesk
from shared.lakehouse.handover import HandOver
from shared.lakehouse.log import path_of, read_handover
from shared.lakehouse.records import RefreshRecord
from shared.lakehouse.releases import Release
from shared.loading.published import PublishedRun, Unhanded
from shared.loading.turn import Claim, Turn
from tests.unit.landing.memory_lake import MemoryLake
from tests.unit.operations.memory_ledger import MemoryStates

NAMES = ("A", "B")
# Beside a call: so many steps of who publishes, or another who hands over.
ANOTHER = 3
SPECS = {f"crm/dbo.{name}": spec(name) for name in NAMES}


class Died(BaseException):
    """The worker is dead."""


class World:
    """Two tables that publish in two steps, and a desk whose calls others come between or that dies."""

    def __init__(self) -> None:
        self.lake, self.states, self.refreshes = MemoryLake(), MemoryStates(), MemoryRefreshes()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.releases, self.asked = MemoryReleases(), list[str]()
        self.published: list[PublishedRun] = []
        self.pending: list[Callable[[], None]] = []
        self.calls, self.dies, self.late, self.steps = 0, 0, False, dict[int, int]()
        self.desk = RefreshDesk(
            lake=_Staged(self.lake, self),
            publications=_Staged(self.states, self),
            turn=lambda table: self.call(lambda: self.states.turn(table)),
            refreshes=_Staged(self.refreshes, self),
            releases=_Staged(self.releases, self),
            now=lambda: self.now,
        )

    def call(self, body: Callable[[], Any]) -> Any:
        self.calls += 1
        beside = self.steps.get(self.calls, 0)
        if beside == ANOTHER:
            armed = (self.calls, self.dies, self.steps)
            self.dies, self.steps = 0, {}
            self.desk.hand_over(SPECS)
            self.calls, self.dies, self.steps = armed
        else:
            for _ in range(beside):
                self.step()
        if self.calls == self.dies and not self.late:
            raise Died
        result = body()
        if self.calls == self.dies:
            raise Died
        return result

    def publish(self, name: str) -> None:
        """Let a table publish: a claim, the folder, then name and rows at once, in steps of their own."""
        table = f"crm/dbo.{name}"
        if self.states.turn(table).claim is not None:
            return
        number = sum(each.folder.startswith(f"bronze/crm/dbo.{name}/") for each in self.published)
        found = run(name, number + 1)
        self.published.append(found)
        claim = Claim(run_id=found.run_id, epoch=1, run_no=found.run_no, plan="p", landing="l")
        self.states.turns[table] = Turn(claim=claim, published_run_no=number)
        manifest = {"run_id": found.run_id, "run_no": found.run_no, "load_type": found.mode}

        def appear() -> None:
            self.lake._enter(f"{found.folder}/_manifest.json", json.dumps(manifest).encode())

        def close() -> None:
            self.states.published.setdefault(table, []).append(found)
            self.states.turns[table] = Turn(published_run_no=found.run_no)

        self.pending += [appear, lambda: self.states.name(table), close]

    def ask(self, name: str) -> None:
        """Ask for a release of a table that has been handed over."""
        table = f"crm/dbo.{name}"
        if not any(f"/dbo.{name}/" in each.folder for each in self.handed()):
            return
        self.asked.append(f"ask-{len(self.asked)}")
        release = Release(id=self.asked[-1], table=table, key={}, asked_at=self.now.isoformat())
        self.releases.ask([release])

    def step(self) -> None:
        if self.pending:
            self.pending.pop(0)()

    def hand_over(self, dies: int = 0, *, late: bool = False, steps: Iterable[int] = ()) -> bool:
        """Hand over; say whether there was anything. Death is noted by the caller trying again."""
        self.calls, self.dies, self.late = 0, dies, late
        self.steps = dict(enumerate(steps, 1))
        try:
            return self.desk.hand_over(SPECS) is not None
        except Died:
            return True
        finally:
            self.dies, self.steps = 0, {}

    def end(self, state: str) -> None:
        newest = self.refreshes.refreshes(1)
        if newest:
            self.refreshes.records[newest[0].number] = replace(newest[0], state=state, over=True)

    def files(self) -> Iterator[HandOver]:
        number = 1
        while (found := read_handover(self.lake, number)) is not None:
            yield found.handover
            number += 1

    def handed(self) -> list[PublishedRun]:
        return [run for file in self.files() for table in file.tables for run in table.runs]

    def released(self) -> list[str]:
        return [each.id for file in self.files() for each in file.releases]


class _Staged:
    """Passes every call on, by the world's leave."""

    def __init__(self, inner: object, world: World) -> None:
        self._inner, self._world = inner, world

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def passed(*given: Any, **named: Any) -> Any:
            return self._world.call(lambda: method(*given, **named))

        return passed


acts = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(NAMES)),
    st.tuples(st.just("ask"), st.sampled_from(NAMES)),
    st.tuples(st.just("step")),
    st.tuples(
        st.just("hand over"),
        st.integers(0, 18),
        st.booleans(),
        st.lists(st.integers(0, ANOTHER), max_size=18),
    ),
    st.tuples(st.just("end"), st.sampled_from(["succeeded", "failed", "running"])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=25))
def test_each_published_run_and_each_release_is_in_exactly_one_hand_over(
    script: list[tuple[Any, ...]],
) -> None:
    world = World()
    for kind, *given_ in script:
        match kind:
            case "publish":
                world.publish(given_[0])
            case "ask":
                world.ask(given_[0])
            case "step":
                world.step()
            case "hand over":
                world.hand_over(given_[0], late=given_[1], steps=given_[2])
            case _:
                world.end(given_[0])
    finish(world)
    order = {each.run_id: number for number, each in enumerate(world.published)}
    handed = world.handed()
    assert sorted(each.run_id for each in handed) == sorted(order)
    for name in NAMES:
        mine = [each.run_no for each in handed if f"dbo.{name}" in each.folder]
        assert mine == sorted(mine)
    assert world.states.names == {}
    assert sorted(world.released()) == sorted(world.asked)
    assert world.releases.waiting == {}


def test_a_run_that_is_published_while_another_is_handed_over_waits_for_the_next() -> None:
    # Every way in which the three steps of a publisher fall between the calls, and every death.
    for before, at, dies in product(range(4), range(1, 13), range(13)):
        world = World()
        world.publish("A")
        finish(world)
        world.hand_over()
        world.end("succeeded")
        world.publish("A")
        for _ in range(before):
            world.step()
        world.hand_over(dies, steps=[*[0] * (at - 1), 2 if before < 2 else 1])
        finish(world)
        assert [each.run_no for each in world.handed()] == [1, 2], (before, at, dies)


def finish(world: World) -> None:
    """Let who publishes come to an end, and hand over what a tick finds."""
    while world.pending:
        world.step()
    while world.desk.is_due(SPECS):
        world.hand_over()
        world.end("succeeded")


def test_a_refresh_that_failed_is_due_again_when_something_is_published() -> None:
    world = World()
    world.publish("A")
    while world.pending:
        world.step()
    assert world.desk.is_due(SPECS)
    world.hand_over()
    assert world.desk.is_due(SPECS)  # it is queued
    later = (world.now + timedelta(hours=1)).isoformat()
    newest = world.refreshes.records[1]
    world.refreshes.records[1] = replace(newest, state="failed", over=True, ended_at=later)
    assert not world.desk.is_due(SPECS)
    world.states.put = 7_200  # the clock of names, in seconds
    world.publish("B")
    while world.pending:
        world.step()
    assert world.desk.is_due(SPECS)
    record = world.desk.hand_over(SPECS)
    assert record is not None
    assert (record.number, record.attempt) == (1, 2)
    assert path_of(2) not in world.lake.files


def test_a_run_that_was_published_before_anybody_counted_is_handed_over() -> None:
    world = World()
    manifest = {"run_id": "r1.x", "run_no": 1, "load_type": "snapshot"}
    world.lake._enter("bronze/crm/dbo.A/run_id=r1.x/_manifest.json", json.dumps(manifest).encode())
    record = world.desk.hand_over(SPECS)
    assert isinstance(record, RefreshRecord)
    assert [each.run_id for each in world.handed()] == ["r1.x"]


def test_a_name_that_was_written_anew_stays_on_the_list() -> None:
    states = MemoryStates()
    states.name("crm/dbo.A")
    [listed] = states.unhanded()
    states.name("crm/dbo.A")
    states.settle([listed])
    assert [each.table for each in states.unhanded()] == ["crm/dbo.A"]
    assert isinstance(listed, Unhanded)
