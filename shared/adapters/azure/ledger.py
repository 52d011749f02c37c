"""The ledger in Table Storage; keys are chosen so that every question is a range of one partition.

`orders`: a partition a month, newest first, and the partition `open` of those that have not ended.
`runs`: each run twice, under its table and under its month, newest first; the runs of one order
are neighbours there. `windows`: a partition a backfill. Beside the orders lie the partitions `c-…`
of what was cancelled of an order, and `k-…` of the idempotency keys, by their hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

import msgspec

from shared.adapters.azure.entities import Entities, Row, RowModified
from shared.adapters.azure.ledger_keys import (
    descending,
    month_of,
    months,
    page_after,
    read_page,
    since_key,
)
from shared.adapters.azure.watchlist import Watchlist
from shared.loading.decoding import prepare
from shared.loading.errors import BadOrder
from shared.loading.order import FINAL, is_order_id, order_of_run, table_key, table_of_run
from shared.operations.ledger import OrderQuery, RunQuery
from shared.operations.pages import Page
from shared.operations.records import (
    KeyUse,
    OrderRecord,
    RunRecord,
    WindowRecord,
    is_published,
)

prepare(OrderRecord, RunRecord, WindowRecord, KeyUse)

Listed = TypeVar("Listed", OrderRecord, RunRecord)

_OPEN, _CLOCK, _TICK, _WHOLE = "open", "clock", "tick", "order"
_EARLY = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTables:
    """The tables that the ledger lies in."""

    orders: Entities
    runs: Entities
    windows: Entities


class AzureLedger:
    """Implements `shared.operations.ledger.Ledger`."""

    def __init__(self, tables: LedgerTables) -> None:
        self._tables = tables
        self._watched = Watchlist(
            rows=tables.orders, partition=_OPEN, kind=OrderRecord, is_open=_is_open
        )

    def open_order(self, record: OrderRecord) -> OrderRecord:
        """Write a new order down; if it is there already, give what is there."""
        order_id = record.order.order_id
        self._watched.add(order_id)
        try:
            self._tables.orders.swap(month_of(order_id), descending(order_id), record, etag=None)
        except RowModified:
            return self.order(order_id) or record
        return record

    def order(self, order_id: str) -> OrderRecord | None:
        """Give an order, None if there is none."""
        if not is_order_id(order_id):
            return None
        row = self._tables.orders.get(month_of(order_id), descending(order_id))
        return msgspec.json.decode(row.body, type=OrderRecord) if row else None

    def change_order(
        self, order_id: str, step: Callable[[OrderRecord], OrderRecord]
    ) -> OrderRecord:
        """Apply a pure step by compare-and-set."""
        if not is_order_id(order_id):
            raise BadOrder(f"{order_id!r} is not an order id")
        at = (month_of(order_id), descending(order_id))
        changed = self._watched.change(at, order_id, step)
        if changed is None:
            raise BadOrder(f"there is no order {order_id}")
        return changed

    def orders(self, query: OrderQuery) -> Page[OrderRecord]:
        """List orders, newest first."""
        return _list(self._tables.orders, None, query, OrderRecord)

    def reserve(self, use: KeyUse) -> KeyUse:
        """Write the first use of an idempotency key down; if it is used already, give that use."""
        try:
            self._tables.orders.swap(*_key_row(use.key), use, etag=None)
        except RowModified:
            return self.key_use(use.key) or use
        return use

    def key_use(self, key: str) -> KeyUse | None:
        """Give the first use of an idempotency key, None if there was none."""
        row = self._tables.orders.get(*_key_row(key))
        return msgspec.json.decode(row.body, type=KeyUse) if row else None

    def cancel(self, order_id: str, attempt: int, run_id: str | None) -> None:
        """Write down that an attempt of an order, or of one run of it, is not wanted any more."""
        self._tables.orders.put(f"c-{order_id}", run_id or _WHOLE, attempt)

    def is_cancelled(self, run_id: str, attempt: int) -> bool:
        """Say whether an attempt of a run, or of its whole order, is not wanted any more."""
        return any(
            row.key in (_WHOLE, run_id) and msgspec.json.decode(row.body, type=int) == attempt
            for row in self._tables.orders.range(f"c-{order_of_run(run_id)}")
        )

    def unfinished_orders(self) -> Iterable[str]:
        """Name the orders that have not ended."""
        return self._watched.names()

    def record_run(self, record: RunRecord) -> None:
        """Write a run down as it stands now; what an overtaken execution brings is left out."""
        key = descending(record.run_id)
        for partition in _places(record.run_id):
            if not (record.state in _EARLY and self._is_new(partition, key, record)):
                self._tables.runs.change(
                    partition, key, RunRecord, record, lambda known: _later(known, record)
                )

    def _is_new(self, partition: str, key: str, record: RunRecord) -> bool:
        """Write a run down unless it is there. Most that begin are not: one request instead of two."""
        try:
            self._tables.runs.swap(partition, key, record, etag=None)
        except RowModified:
            return False
        return True

    def change_run(self, run_id: str, step: Callable[[RunRecord], RunRecord]) -> None:
        """Apply a pure step to a run by compare-and-set; nothing happens if there is none."""
        for partition in _places(run_id):
            self._tables.runs.change(partition, descending(run_id), RunRecord, None, step)

    def run(self, run_id: str) -> RunRecord | None:
        """Give a run, None if there is none."""
        partition, _ = _places(run_id)
        row = self._tables.runs.get(partition, descending(run_id))
        return _run(row) if row else None

    def runs(self, query: RunQuery) -> Page[RunRecord]:
        """List runs, newest first."""
        partition = f"t-{table_key(query.table)}" if query.table else None
        return _list(self._tables.runs, partition, query, RunRecord)

    def runs_of_order(self, order_id: str) -> tuple[RunRecord, ...]:
        """List the runs of an order, by run id."""
        low = descending(order_id)
        rows = self._tables.runs.range(month_of(order_id), low=low, high=f"{low}~")
        return tuple(sorted((_run(row) for row in rows), key=lambda record: record.run_id))

    def write_windows(self, order_id: str, windows: Sequence[WindowRecord]) -> None:
        """Write the windows of a backfill, new or changed."""
        rows = [(f"{window.number:06d}", window) for window in windows]
        self._tables.windows.put_all(order_id, rows)

    def windows(self, order_id: str) -> tuple[WindowRecord, ...]:
        """List the windows of a backfill in order."""
        rows = self._tables.windows.range(order_id, page=1000)
        return tuple(msgspec.json.decode(row.body, type=WindowRecord) for row in rows)

    def tick(self) -> str | None:
        """Give the time up to which schedules were looked at."""
        row = self._tables.orders.get(_CLOCK, _TICK)
        return msgspec.json.decode(row.body, type=str) if row else None

    def ticked(self, at: str) -> None:
        """Remember the time up to which schedules were looked at."""
        self._tables.orders.put(_CLOCK, _TICK, at)

    def ping(self) -> None:
        """Raise StateUnavailable unless the store answers."""
        self._tables.orders.get(_CLOCK, _TICK)


def _list(
    rows: Entities, partition: str | None, query: RunQuery | OrderQuery, kind: type[Listed]
) -> Page[Listed]:
    """Read one page: of one partition, or of those of the months; one row more says whether it is the last."""
    high = since_key(query.since) if query.since else "~"
    after, by_month = read_page(query.page) if query.page else (None, months(query.since))
    at_once = 200 if query.status else min(query.most + 1, 200)
    keys: list[str] = []
    found: list[Listed] = []
    for place in (partition,) if partition else by_month:
        for row in rows.range(place, high=high, after=after, page=at_once):
            record = msgspec.json.decode(row.body, type=kind)
            if query.status not in (None, record.state):
                continue
            if len(found) == query.most:
                return Page(items=tuple(found), next=page_after(keys[-1], oldest=by_month[-1]))
            keys.append(row.key)
            found.append(record)
    return Page(items=tuple(found), next=None)


def _places(run_id: str) -> tuple[str, str]:
    """Give the partitions in which a run lies: that of its table and that of its month."""
    return f"t-{table_key(table_of_run(run_id))}", month_of(run_id)


def _run(row: Row) -> RunRecord:
    return msgspec.json.decode(row.body, type=RunRecord)


def _is_open(record: OrderRecord) -> bool:
    return record.state not in FINAL


def _later(known: RunRecord, record: RunRecord) -> RunRecord:
    """Choose what counts: a later attempt, what was published stays published, what ended stays ended.

    A commit may be claimed all the same by a run that was written down as failed, as long as its
    turn is not lost.
    """
    if is_published(known) and not is_published(record):
        return known
    if known.attempt != record.attempt:
        return max(known, record, key=lambda each: each.attempt)
    done = known.state == "succeeded" and record.state != "succeeded"
    # The numbers of a run that commits are told nowhere else.
    late = known.state in (*FINAL, "committing") and record.state in _EARLY
    return known if done or late else record


def _key_row(key: str) -> tuple[str, str]:
    """Give partition and key of an idempotency key, which may hold what a row's key may not."""
    digest = sha256(key.encode()).hexdigest()
    return f"k-{digest[:2]}", digest
