"""Takes in events by the batch: each is taken up once, and none is acknowledged before it is recorded.

A batch is recorded in three steps, in an order that bears a death between any two of them:

1. The events are written down under the batch. Of those that were there before, what their own
   batch has finished is a duplicate; of the rest nobody knows whether it was counted.
2. A request is counted for every table that the others name.
3. The batch is marked as finished, and only then its events are acknowledged.

Who dies after the first step leaves events that come again and are counted then. Counting twice
asks for a load too many at worst; it never loses one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.operations.events import TableChanged
from shared.operations.ordering import OrderDesk, Start

# Event Grid tries for a day to deliver an event; a source may send one again a little later.
REMEMBERED = timedelta(days=2)
# How many events a worker knows without asking, the last that it saw.
_KNOWN = 50_000


class SeenEvents(Protocol):
    """Which events have been taken in. Raises StateUnavailable. Every write may be repeated."""

    def record(self, names: Collection[str], batch: str) -> Mapping[str, str]:
        """Write events down under a batch; give those that were there, by name, with their batch."""
        ...

    def finish(self, batch: str, names: Collection[str], taken_over: Collection[str]) -> None:
        """Mark a batch as counted, with the events that it answers for, also for those of a dead batch."""
        ...

    def finished(self, batches: Iterable[str]) -> frozenset[str]:
        """Give those batches that are marked as counted."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove the oldest batches, of before a time (UTC), some at once; give how many events went."""
        ...


@dataclass(slots=True)
class KnownEvents:
    """The last events that this worker has seen recorded and counted."""

    most: int = _KNOWN
    _names: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, names: Iterable[str]) -> None:
        """Remember names, and forget the oldest."""
        self._names.update(dict.fromkeys(names))
        while len(self._names) > self.most:
            self._names.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Where events are taken in. `new_batch` gives a name that sorts by time."""

    seen: SeenEvents
    desk: OrderDesk
    known: KnownEvents
    new_batch: Callable[[], str]

    def take_in(self, events: Sequence[TableChanged]) -> Start | None:
        """Record events, and count a request for every table of those that are new.

        Gives what is to be started; None where every table's load is on its way, or nothing is new.
        """
        tables = {event.name: event.table for event in events if event.name not in self.known}
        if not tables:
            return None
        batch = self.new_batch()
        before = self.seen.record(tables, batch)
        fresh = self._uncounted(tables, before)
        wanted = list(dict.fromkeys(tables[name] for name in fresh))
        start = self.desk.request(wanted, "event") if wanted else None
        if fresh:
            self.seen.finish(batch, fresh, [name for name in fresh if name in before])
        self.known.add(tables)
        return start

    def _uncounted(self, names: Iterable[str], before: Mapping[str, str]) -> list[str]:
        """Give those of the events that nobody has counted for certain."""
        counted = self.seen.finished(set(before.values())) if before else frozenset[str]()
        return [name for name in names if before.get(name) not in counted]
