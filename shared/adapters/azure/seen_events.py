"""Events that were taken in, in Table Storage, so that the same event is known when it comes again.

The partitions `e-…` hold an event each row, by the hash of its name, with the batch that wrote it.
The partition `batches` holds the batches that were counted, oldest first, each with its events: so
that they can be removed when they are old, without looking for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import sha256

import msgspec

from shared.adapters.azure.entities import Entities
from shared.loading.order import new_order_id

_BATCHES = "batches"
# As many as one transaction may hold, over so many partitions: that is how much one batch can be.
_PARTITIONS = 4
_BATCHES_AT_ONCE = 20


class AzureSeenEvents:
    """Implements `shared.operations.inbox.SeenEvents`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def record(self, names: Collection[str], batch: str) -> Mapping[str, str]:
        """Write events down under a batch; give those that were there, with their batch."""
        by_key = {_key(name): name for name in names}
        found: dict[str, str] = {}
        for partition, keys in _by_partition(by_key).items():
            there = self._rows.create_all(partition, [(key, batch) for key in keys])
            for key in there:
                row = self._rows.get(partition, key)
                # Gone again: it was old, and is as good as never seen.
                found[by_key[key]] = msgspec.json.decode(row.body, type=str) if row else ""
        return {name: first for name, first in found.items() if first != batch}

    def finish(self, batch: str, names: Collection[str], taken_over: Collection[str]) -> None:
        """Mark a batch as counted, with the events that it answers for, also for those of a dead batch."""
        for partition, keys in _by_partition(_key(name) for name in taken_over).items():
            self._rows.put_all(partition, [(key, batch) for key in keys])
        self._rows.put(_BATCHES, batch, [_key(name) for name in names])

    def finished(self, batches: Iterable[str]) -> frozenset[str]:
        """Give those batches that are marked as counted."""
        return frozenset(
            batch for batch in batches if batch and self._rows.get(_BATCHES, batch) is not None
        )

    def forget(self, before: datetime) -> int:
        """Remove the oldest batches with their events, some at once."""
        gone = 0
        old = self._rows.range(_BATCHES, high=new_order_id(before, ""), page=_BATCHES_AT_ONCE)
        for _, row in zip(range(_BATCHES_AT_ONCE), old, strict=False):
            keys = msgspec.json.decode(row.body, type=list[str])
            for partition, part in _by_partition(keys).items():
                self._rows.remove_all(partition, part)
            # Last: whoever dies before finds the batch, and its events, once more.
            self._rows.remove_all(_BATCHES, [row.key])
            gone += len(keys)
        return gone


def _key(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _by_partition(keys: Iterable[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        found[f"e-{int(key[:2], 16) % _PARTITIONS}"].append(key)
    return found
