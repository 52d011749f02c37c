"""Connection slots in Table Storage: a counting semaphore that outlives the death of its holders.

A slot is a row with an expiry. Its holder renews it while it lives; whoever finds it expired takes
it over by compare-and-set.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec

from shared.adapters.azure.entities import Entities, Row, RowModified
from shared.catalog.names import encode_name
from shared.loading.errors import ConnectionSlotsTaken

# Much longer than a renewal, so that no living holder loses its slot to a slow moment.
LIFETIME = timedelta(seconds=60)
RENEWAL = timedelta(seconds=15)
# How long an activity waits here before it steps aside for others.
PATIENCE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Who holds a connection, and until when unless renewed. Free if `holder` is None."""

    holder: str | None
    until: datetime


class AzureConnectionSlots:
    """Implements `shared.loading.state.ConnectionSlots`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    @contextmanager
    def hold(self, source: str, most: int) -> Generator[None]:
        """Hold one of `most` slots. Raises ConnectionSlotsTaken if none is free for some seconds."""
        holder, partition = uuid4().hex, encode_name(source)
        key = self._take(partition, most, holder)
        done = threading.Event()
        renewing = threading.Thread(
            target=self._renew, args=(partition, key, holder, done), daemon=True
        )
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            self._change(partition, key, holder, None)

    def _take(self, partition: str, most: int, holder: str) -> str:
        give_up = time.monotonic() + PATIENCE.total_seconds()
        while True:
            taken = {row.key: row for row in self._rows.range(partition)}
            for number in range(most):
                key = f"{number:04d}"
                row = taken.get(key)
                if (row is None or _is_free(row)) and self._try(partition, key, holder, row):
                    return key
            if time.monotonic() > give_up:
                raise ConnectionSlotsTaken(f"all {most} connections are in use")
            time.sleep(0.05)

    def _try(self, partition: str, key: str, holder: str, row: Row | None) -> bool:
        slot = Slot(holder=holder, until=datetime.now(UTC) + LIFETIME)
        try:
            self._rows.swap(partition, key, slot, etag=row.etag if row else None)
        except RowModified:
            return False
        return True

    def _renew(self, partition: str, key: str, holder: str, done: threading.Event) -> None:
        while not done.wait(RENEWAL.total_seconds()):
            self._change(partition, key, holder, holder)

    def _change(self, partition: str, key: str, holder: str, then: str | None) -> None:
        """Renew or free a slot that is still ours."""

        def step(slot: Slot) -> Slot:
            if slot.holder != holder:
                return slot
            return Slot(holder=then, until=datetime.now(UTC) + LIFETIME)

        self._rows.change(partition, key, Slot, None, step)


def _is_free(row: Row) -> bool:
    slot = msgspec.json.decode(row.body, type=Slot)
    return slot.holder is None or slot.until < datetime.now(UTC)
