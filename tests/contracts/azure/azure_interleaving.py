"""Runs several at once through every store call in a chosen order, one call at a time."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from threading import Semaphore, Thread, current_thread
from typing import Any

import msgspec

from shared.adapters.azure.entities import WHATEVER, Entities, Row, RowModified

PATIENCE = 30


class Actor:
    """One of those who work at the same time, stopped before each of its store calls."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        self._work, self.is_done = work, False
        self._thread = Thread(target=self._run, daemon=True)
        _actors[self._thread] = self
        self._thread.start()
        self._wait()

    def step(self) -> None:
        """Let it make one call and go on to the next; nothing happens after its last."""
        if not self.is_done:
            self._go.release()
            self._wait()

    def stop(self) -> None:
        """Wait here for the next step."""
        self._stopped.release()
        assert self._go.acquire(timeout=PATIENCE)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self.is_done = True
            self._stopped.release()

    def _wait(self) -> None:
        assert self._stopped.acquire(timeout=PATIENCE)
        if self.is_done:
            self._thread.join()
            _actors.pop(self._thread, None)


_actors: dict[Any, Actor] = {}


class SteppedEntities(Entities):
    """Rows in memory; actors stop before every call. Whoever is no actor passes.

    With `loses` the first write of every row that is there already is carried out, but its answer
    is lost: repeated by the SDK, it looks like somebody else's.
    """

    def __init__(self, *, loses: bool) -> None:
        self._rows: dict[tuple[str, str], Row] = {}
        self._loses, self._lost, self._etags = loses, set[tuple[str, str]](), count()

    def get(self, partition: str, key: str) -> Row | None:
        _stop()
        return self._rows.get((partition, key))

    def swap(self, partition: str, key: str, value: Any, *, etag: str | None) -> str:
        _stop()
        found = self._rows.get((partition, key))
        if etag not in (WHATEVER, found.etag if found else None):
            raise RowModified
        new = str(next(self._etags))
        body = msgspec.json.encode(value)
        self._rows[partition, key] = Row(partition=partition, key=key, body=body, etag=new)
        if self._loses and etag not in (WHATEVER, None) and (partition, key) not in self._lost:
            self._lost.add((partition, key))
            raise RowModified
        return new

    def remove(self, partition: str, key: str, *, etag: str = WHATEVER) -> None:
        _stop()
        found = self._rows.get((partition, key))
        if found is not None and etag not in (WHATEVER, found.etag):
            raise RowModified
        self._rows.pop((partition, key), None)

    def range(
        self, partition: str, *, low: str | None = None, high: str | None = None, page: int = 200
    ) -> Iterator[Row]:
        yield from [row for at, row in sorted(self._rows.items()) if at[0] == partition]


def _stop() -> None:
    actor = _actors.get(current_thread())
    if actor is not None:
        actor.stop()


def play(works: Sequence[Callable[[], object]], schedule: str) -> Iterator[None]:
    """Make the steps that a schedule such as "0110" names, then all that are left; yield after each."""
    actors = [Actor(work) for work in works]
    yield
    for number in schedule:
        actors[int(number)].step()
        yield
    for actor in actors:
        while not actor.is_done:
            actor.step()
            yield
