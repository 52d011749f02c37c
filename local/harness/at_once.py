"""Carries out a seed's operations at once: every writer and every caller in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from local.harness.arena import Arena
from local.harness.calls import Calls
from local.harness.chance import CallChance, WriterChance
from local.harness.failure import HarnessFailed
from local.harness.journal import Journal
from local.harness.script import Operation
from local.harness.writers import Writer

# How long a writer waits for another's row lock before it gives its transaction up.
_PATIENCE_MS = 5_000
_SKEWS = (0.0, -1.0, 0.5, -0.25)
# Load orders that may be under way at once; more would only wait for each other's turns.
_MOST_LOADS = 3
_STOPS_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is done: until so many seconds have passed or so many transactions have ended."""

    seed: int
    writers: int
    load_every: float
    seconds: float | None = None
    transactions: int | None = None
    kills: int = 0


@dataclass(slots=True, kw_only=True)
class Played:
    """What was carried out, in the order of its beginning: its time, and the operation."""

    journal: Journal = field(default_factory=Journal)
    done: list[tuple[float, Operation]] = field(default_factory=list[tuple[float, Operation]])
    seconds: float = 0.0
    failed_writes: int = 0

    @property
    def transactions(self) -> int:
        """How many transactions of writers have ended."""
        return sum(each.ended != "open" for each in self.journal.transactions)


class Play:
    """One run at once. An error of any thread ends all, and is raised."""

    def __init__(self, effort: Effort, arena: Arena, calls: Calls) -> None:
        self._effort, self._arena, self._calls = effort, arena, calls
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self.played = Played()

    def run(self, tell: Callable[[str], None]) -> Played:
        """Go on until the effort is made, then let every transaction end."""
        began = time.monotonic()
        names = [kind.name for kind in self._arena.kinds]
        workers = [self._writing(number, names) for number in range(self._effort.writers)]
        workers += [self._calling(names), self._loading(), self._killing()]
        threads = [threading.Thread(target=self._guarded, args=(work,)) for work in workers]
        for thread in threads:
            thread.start()
        told = 0.0
        while not self._stop.wait(0.1) and not self._is_enough(time.monotonic() - began):
            if time.monotonic() - told > 30:  # noqa: PLR2004 - seconds between two words
                told = time.monotonic()
                tell(f"{told - began:5.0f} s: {self.played.transactions} transactions")
        self._stop.set()
        for thread in threads:
            thread.join(_STOPS_SECONDS)
        if self._errors:
            raise self._errors[0]
        if any(thread.is_alive() for thread in threads):
            raise HarnessFailed(f"a writer has not ended in {_STOPS_SECONDS} s")
        self.played.seconds = time.monotonic() - began
        return self.played

    def _is_enough(self, seconds: float) -> bool:
        effort = self._effort
        if effort.seconds is not None and seconds >= effort.seconds:
            return True
        return effort.transactions is not None and self.played.transactions >= effort.transactions

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by `run`, in the main thread
            self._errors.append(error)
            self._stop.set()

    def _writing(self, number: int, names: list[str]) -> Callable[[], None]:
        effort = self._effort
        chance = WriterChance(effort.seed, number, effort.writers, names)

        def write() -> None:
            skew = _SKEWS[number % len(_SKEWS)]
            arena = self._arena
            with Writer(
                arena.uri, arena.schema, self.played.journal, patience=_PATIENCE_MS, skew=skew
            ) as writer:
                for operation in self._until_stopped(chance.operations(pauses=True)):
                    writer.do(operation)
                writer.finish()
                self.played.failed_writes += writer.failed

        return write

    def _calling(self, names: list[str]) -> Callable[[], None]:
        chance = CallChance(self._effort.seed, self._effort.writers, names)

        def call() -> None:
            for operation in self._until_stopped(chance.operations(pauses=True)):
                self._calls.do(operation)

        return call

    def _loading(self) -> Callable[[], None]:
        numbers = iter(range(-1, -1_000_000, -1))

        def load() -> None:
            under_way: list[str] = []
            while not self._stop.is_set():
                operation = Operation(number=next(numbers), actor="loads", action="load")
                self._note(operation)
                order = self._calls.do(operation)
                under_way += [order] if order else []
                self._stop.wait(self._effort.load_every)
                under_way = [order for order in under_way if self._calls.is_open(order)]
                while len(under_way) >= _MOST_LOADS and not self._stop.wait(0.2):
                    under_way = [order for order in under_way if self._calls.is_open(order)]

        return load

    def _killing(self) -> Callable[[], None]:
        effort = self._effort
        chance = Random(f"{effort.seed} kills")  # noqa: S311 - has to be repeatable
        every = (effort.seconds or 60.0) / (effort.kills + 1)

        def kill() -> None:
            for number in range(effort.kills):
                if self._stop.wait(every * chance.uniform(0.7, 1.1)):
                    return
                operation = Operation(number=-1_000_000 - number, actor="calls", action="kill")
                self._note(operation)
                self._calls.do(operation)

        return kill

    def _until_stopped(self, operations: Iterator[Operation]) -> Iterator[Operation]:
        """Give operations until the run is to stop; pauses are made here."""
        for operation in operations:
            if self._stop.is_set():
                return
            if operation.action == "pause":
                self._stop.wait(operation.seconds)
                continue
            self._note(operation)
            yield operation

    def _note(self, operation: Operation) -> None:
        self.played.done.append((time.time(), operation))


def as_steps(played: Played, tables: set[str], span: tuple[float, float]) -> tuple[Operation, ...]:
    """Put what was done at once in one order, as one driver could do it, with the pauses between.

    Only what concerns some tables, between two times.
    """
    steps: list[Operation] = []
    last: float | None = None
    for number, (at, operation) in enumerate(sorted(played.done, key=lambda done: done[0])):
        if not span[0] <= at <= span[1] or operation.action == "kill":
            continue
        if operation.table is not None and operation.table not in tables:
            continue
        if last is not None and at - last > 0.05:  # noqa: PLR2004 - shorter ones change nothing
            pause = round(min(at - last, 5.0), 2)
            steps.append(
                Operation(number=-2_000_000 - number, actor="loads", action="pause", seconds=pause)
            )
        last = at
        steps.append(replace(operation))
    return tuple(steps)
