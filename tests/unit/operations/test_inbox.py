"""Events are taken up once, and no death between two steps loses one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

import pytest
from memory_ledger import Office

from shared.operations.events import TableChanged
from shared.operations.inbox import Inbox, KnownEvents

TABLE, OTHER = "shop/public.orders", "shop/public.lines"


class Died(Exception):
    """The worker was killed."""


@dataclass
class MemorySeen:
    """Implements `shared.operations.inbox.SeenEvents`; dies after so many calls."""

    batches: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    calls_left: int = 1_000

    def record(self, names: Collection[str], batch: str) -> Mapping[str, str]:
        before = {name: self.batches[name] for name in names if name in self.batches}
        self.batches |= {name: batch for name in names if name not in before}
        self._call()
        return before

    def finish(
        self,
        batch: str,
        names: Collection[str],
        taken_over: Collection[str],
    ) -> None:
        self.batches |= dict.fromkeys(taken_over, batch)
        self.done.add(batch)
        self._call()

    def finished(self, batches: Iterable[str]) -> frozenset[str]:
        self._call()
        return frozenset(batches) & self.done

    def forget(self, before: datetime) -> int:
        return 0

    def _call(self) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise Died


_batches = count(1)


def inbox(office: Office, seen: MemorySeen, known: KnownEvents | None = None) -> Inbox:
    """A worker that has just been started."""
    return Inbox(
        seen=seen,
        desk=office.desk,
        known=known or KnownEvents(),
        new_batch=lambda: f"batch-{next(_batches):04d}",
    )


def changed(number: int, table: str = TABLE) -> TableChanged:
    return TableChanged(origin="/s", id=str(number), table=table)


def requested(office: Office, table: str = TABLE) -> int:
    return office.states.turn(table).requested


def test_a_batch_counts_one_request_a_table_and_makes_one_order(office: Office) -> None:
    seen = MemorySeen()
    start = inbox(office, seen).take_in([changed(1), changed(2), changed(3, OTHER)])
    assert start is not None
    assert start.order.tables == (TABLE, OTHER)
    assert (requested(office), requested(office, OTHER)) == (1, 1)


@pytest.mark.parametrize("same_worker", [True, False])
def test_a_duplicate_starts_nothing(office: Office, *, same_worker: bool) -> None:
    seen = MemorySeen()
    first = inbox(office, seen)
    first.take_in([changed(1), changed(1)])
    second = first if same_worker else inbox(office, seen)
    assert second.take_in([changed(1), changed(1)]) is None
    assert requested(office) == 1


def test_a_known_event_is_not_asked_for_again(office: Office) -> None:
    seen = MemorySeen()
    worker = inbox(office, seen)
    worker.take_in([changed(1)])
    seen.calls_left = 0
    assert worker.take_in([changed(1)]) is None


def test_the_same_id_of_another_source_is_another_event(office: Office) -> None:
    worker = inbox(office, MemorySeen())
    worker.take_in([changed(1)])
    worker.take_in([TableChanged(origin="/t", id="1", table=TABLE)])
    assert requested(office) == 2


@pytest.mark.parametrize("calls", range(3))
def test_an_event_whose_first_delivery_died_is_counted_when_it_comes_again(
    office: Office, calls: int
) -> None:
    seen = MemorySeen(calls_left=calls)
    try:
        inbox(office, seen).take_in([changed(1)])
    except Died:
        seen.calls_left = 1_000
        inbox(office, seen).take_in([changed(1)])
    seen.calls_left = 1_000
    assert requested(office) >= 1
    # What is counted now is known for good.
    before = requested(office)
    assert inbox(office, seen).take_in([changed(1)]) is None
    assert requested(office) == before


def test_a_worker_forgets_the_oldest_of_what_it_knows() -> None:
    known = KnownEvents(most=2)
    known.add(["a", "b", "c"])
    assert ["a" in known, "b" in known, "c" in known] == [False, True, True]
