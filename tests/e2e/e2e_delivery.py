"""Delivers events as Event Grid does: in bursts, out of order, some twice, again until acknowledged."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from threading import Lock
from typing import Any, Generic, TypeVar

import httpx
from e2e_api import NO_CERTIFICATES, cloud_event, grid_event
from e2e_source import Source
from e2e_stack import Stack
from e2e_waiting import await_value

T = TypeVar("T")
# Seconds until a delivery that is not answered counts as failed.
_ANSWER = 60
_LARGEST_BURST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed row, and so one event. `number` is the row's key."""

    table: str
    number: int

    def event(self, source: Source) -> dict[str, Any]:
        """Tell of it, in one schema or the other: a copy is the same event."""
        say = cloud_event if self.number % 2 else grid_event
        return say(source.full(self.table), self.number)


def shuffled(tables: Sequence[str], events: int, copies: float, chance: Random) -> list[Change]:
    """Make so many events, of which the share `copies` are copies of others, in any order."""
    distinct = round(events * (1 - copies))
    changes = [Change(table=tables[n % len(tables)], number=n) for n in range(distinct)]
    sent = changes + chance.choices(changes, k=events - distinct)
    chance.shuffle(sent)
    return sent


@dataclass(slots=True)
class Rows:
    """Writes the rows that a burst tells of, each once, and gives the events."""

    source: Source
    _written: set[int] = field(default_factory=set[int])
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, burst: Sequence[Change]) -> list[dict[str, Any]]:
        with self._lock:
            new = [change for change in burst if change.number not in self._written]
            new = list({change.number: change for change in new}.values())
            if new:
                self.source.execute(
                    ";".join(
                        f"INSERT INTO {each.table} (id, name) VALUES ({each.number}, 'changed')"
                        for each in new
                    )
                )
            self._written.update(change.number for change in new)
        return [change.event(self.source) for change in burst]


@dataclass(slots=True, kw_only=True)
class Delivery(Generic[T]):
    """Bursts that are delivered to a stack by some at once, while it is killed and started again.

    What a burst tells of is written before it is sent. What fails is sent again, whole.
    """

    stack: Stack
    function: str
    write: Callable[[Sequence[T]], list[dict[str, Any]]]
    bursts: list[list[T]]
    acknowledged: int = 0
    failures: int = 0
    _lock: Lock = field(default_factory=Lock)

    def send(self, kills: int, *, at_once: int = 4) -> None:
        """Deliver everything; kill the stack so often in between, and start it again."""
        total = len(self.bursts)
        with ThreadPoolExecutor(at_once) as threads:
            senders = [threads.submit(self._deliver) for _ in range(at_once)]
            for number in range(1, kills + 1):
                self._await(number * total // (kills + 1))
                self.stack.kill()
                self.stack.start()
            for sender in senders:
                sender.result()
        assert self.acknowledged == total

    def _await(self, bursts: int) -> None:
        # However long all of them take: one after the other is acknowledged.
        while (known := self.acknowledged) < bursts:
            await_value(lambda known=known: self.acknowledged > known, "a burst to be acknowledged")

    def _deliver(self) -> None:
        while True:
            with self._lock:
                if not self.bursts:
                    return
                burst = self.bursts.pop()
            events = self.write(burst)
            while not self._post(events):
                self.failures += 1
                await_value(self._is_up, "the stack to be up")
            with self._lock:
                self.acknowledged += 1

    def _post(self, events: Sequence[dict[str, Any]]) -> bool:
        try:
            answer = httpx.post(
                f"{self.stack.url}/runtime/webhooks/eventgrid",
                params={"functionName": self.function},
                headers={"aeg-event-type": "Notification"},
                json=list(events),
                timeout=_ANSWER,
                verify=NO_CERTIFICATES,
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code == HTTPStatus.ACCEPTED

    def _is_up(self) -> bool:
        try:
            address = f"{self.stack.url}/api/tables"
            return httpx.get(address, timeout=_ANSWER, verify=NO_CERTIFICATES).is_success
        except httpx.HTTPError:
            return False


def in_bursts(changes: Sequence[T], chance: Random) -> list[list[T]]:
    """Part events into bursts of any size."""
    bursts: list[list[T]] = []
    left = list(changes)
    while left:
        size = chance.randint(1, _LARGEST_BURST)
        bursts.append(left[:size])
        left = left[size:]
    return bursts
