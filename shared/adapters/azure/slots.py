"""Connection slots in Table Storage: a counting semaphore that outlives the death of its holders.

A slot is a row with an expiry. Its holder renews it while it lives; whoever finds it expired takes
it over by compare-and-set. Should a holder be unable to renew for longer than the lifetime, while
its connection lives on, the source sees one connection more than `most` until that ends: a cap is
overstepped, no load is harmed.
"""

from __future__ import annotations

import logging
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
from shared.loading.decoding import prepare
from shared.loading.errors import ConnectionSlotsTaken, CredentialRejected, StateUnavailable

log = logging.getLogger("tidemark.slots")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTimes:
    """How long a slot is held without a renewal, how often it is renewed, how long one is waited for.

    The lifetime allows for a few renewals that fail, and for clocks that differ between workers.
    After `patience` an activity steps aside for others.
    """

    lifetime: timedelta = timedelta(seconds=60)
    renewal: timedelta = timedelta(seconds=15)
    patience: timedelta = timedelta(seconds=3)
    pause: timedelta = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Who holds a connection, and until when (UTC) unless renewed. Free if `holder` is None."""

    holder: str | None
    until: datetime


prepare(Slot)


class AzureConnectionSlots:
    """Implements `shared.loading.state.ConnectionSlots`."""

    def __init__(self, rows: Entities, times: SlotTimes | None = None) -> None:
        self._rows = rows
        self._times = times or SlotTimes()

    @contextmanager
    def hold(self, source: str, most: int) -> Generator[None]:
        """Hold one of `most` slots. Raises ConnectionSlotsTaken if none is free for some seconds."""
        held = _Held(self._rows, encode_name(source), self._times)
        held.take(most)
        renewing = threading.Thread(target=held.keep, name="renew-slot", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            held.done.set()
            renewing.join()
            held.free()


class _Held:
    """One holder and its slot. After `take`, only one thread works with it at a time."""

    def __init__(self, rows: Entities, partition: str, times: SlotTimes) -> None:
        self._rows, self._partition, self._times = rows, partition, times
        self._holder, self._key = uuid4().hex, ""
        self._etag: str | None = None
        self.done = threading.Event()

    def take(self, most: int) -> None:
        give_up = time.monotonic() + self._times.patience.total_seconds()
        while not self._take_one(most):
            if time.monotonic() > give_up:
                raise ConnectionSlotsTaken(f"all {most} connections are in use")
            time.sleep(self._times.pause.total_seconds())

    def keep(self) -> None:
        """Renew the slot until the holder is done. One renewal that fails leaves time for more."""
        while not self.done.wait(self._times.renewal.total_seconds()):
            try:
                if not self._write(self._holder):
                    log.warning("connection slot lost", extra={"source": self._partition})
                    return
            except (StateUnavailable, CredentialRejected) as error:
                self._warn("connection slot not renewed", error)

    def free(self) -> None:
        """Give the slot back. What the holder did stands whether or not this succeeds."""
        try:
            self._write(None)
        except (StateUnavailable, CredentialRejected) as error:
            self._warn("connection slot left to expire", error)

    def _take_one(self, most: int) -> bool:
        taken = {row.key: row for row in self._rows.range(self._partition)}
        for number in range(most):
            self._key = f"{number:04d}"
            row = taken.get(self._key)
            if row is None or _is_free(row):
                self._etag = row.etag if row else None
                if self._write(self._holder):
                    return True
        return False

    def _write(self, holder: str | None) -> bool:
        """Write the slot; False if it is somebody else's."""
        while True:
            slot = Slot(holder=holder, until=datetime.now(UTC) + self._times.lifetime)
            try:
                self._etag = self._rows.swap(self._partition, self._key, slot, etag=self._etag)
            except RowModified:
                if not self._is_ours():
                    return False
            else:
                return True

    def _is_ours(self) -> bool:
        """Look whether the row was modified by a write of our own, whose answer was lost."""
        row = self._rows.get(self._partition, self._key)
        if row is None or _slot(row).holder != self._holder:
            return False
        self._etag = row.etag
        return True

    def _warn(self, text: str, error: Exception) -> None:
        log.warning(text, extra={"source": self._partition, "error_message": str(error)})


def _slot(row: Row) -> Slot:
    return msgspec.json.decode(row.body, type=Slot)


def _is_free(row: Row) -> bool:
    slot = _slot(row)
    return slot.holder is None or slot.until < datetime.now(UTC)
