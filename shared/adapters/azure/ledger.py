"""The ledger in Table Storage; keys are chosen so that every question is a range of one partition.

`orders`: a partition a month, newest first, and the partition `open` of those that have not ended.
`runs`: each run twice, under its table and under its month, newest first; the runs of one order
are neighbours there. `windows`: a partition a backfill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from shared.adapters.azure.entities import Entities, Row, RowModified
from shared.adapters.azure.watchlist import Watchlist
from shared.loading.errors import BadOrder
from shared.loading.order import FINAL, is_order_id, order_of_run, table_key, table_of_run
from shared.operations.ledger import RunQuery
from shared.operations.records import OrderRecord, RunRecord, WindowRecord

_OPEN, _CLOCK, _TICK = "open", "clock", "tick"
# Runs are listed back to the month this many days ago, unless `since` says otherwise.
_DAYS = 31


# No ledger is older: however long ago is asked for, no more months are looked at.
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


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
            self._tables.orders.swap(_month(order_id), _descending(order_id), record, etag=None)
        except RowModified:
            return self.order(order_id) or record
        return record

    def order(self, order_id: str) -> OrderRecord | None:
        """Give an order, None if there is none."""
        if not is_order_id(order_id):
            return None
        row = self._tables.orders.get(_month(order_id), _descending(order_id))
        return msgspec.json.decode(row.body, type=OrderRecord) if row else None

    def change_order(
        self, order_id: str, step: Callable[[OrderRecord], OrderRecord]
    ) -> OrderRecord:
        """Apply a pure step by compare-and-set."""
        if not is_order_id(order_id):
            raise BadOrder(f"{order_id!r} is not an order id")
        at = (_month(order_id), _descending(order_id))
        changed = self._watched.change(at, order_id, step)
        if changed is None:
            raise BadOrder(f"there is no order {order_id}")
        return changed

    def unfinished_orders(self) -> Iterable[str]:
        """Name the orders that have not ended."""
        return self._watched.names()

    def record_run(self, record: RunRecord) -> None:
        """Write a run down as it stands now; what an overtaken execution brings is left out."""
        key = _descending(record.run_id)
        for partition in (f"t-{table_key(record.table)}", _month(record.run_id)):
            try:
                self._tables.runs.swap(partition, key, record, etag=None)
            except RowModified:
                self._tables.runs.change(
                    partition, key, RunRecord, record, lambda known: _later(known, record)
                )

    def run(self, run_id: str) -> RunRecord | None:
        """Give a run, None if there is none."""
        partition = f"t-{table_key(table_of_run(run_id))}"
        row = self._tables.runs.get(partition, _descending(run_id))
        return _run(row) if row else None

    def runs(self, query: RunQuery) -> tuple[RunRecord, ...]:
        """List runs, newest first."""
        found: list[RunRecord] = []
        for row in self._rows(query):
            record = _run(row)
            if query.status in (None, record.state):
                found.append(record)
                if len(found) == query.most:
                    break
        return tuple(found)

    def runs_of_order(self, order_id: str) -> tuple[RunRecord, ...]:
        """List the runs of an order, by run id."""
        low = _descending(order_id)
        rows = self._tables.runs.range(_month(order_id), low=low, high=f"{low}~")
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

    def _rows(self, query: RunQuery) -> Iterator[Row]:
        high = f"{_inverted(_stamp(query.since))}~" if query.since else "~"
        if query.table is not None:
            yield from self._tables.runs.range(f"t-{table_key(query.table)}", high=high)
            return
        for month in _months(query.since):
            yield from self._tables.runs.range(month, high=high)


def _run(row: Row) -> RunRecord:
    return msgspec.json.decode(row.body, type=RunRecord)


def _is_open(record: OrderRecord) -> bool:
    return record.state not in FINAL


def _later(known: RunRecord, record: RunRecord) -> RunRecord:
    """Choose what counts: a later attempt, and what was published stays published."""
    if known.attempt != record.attempt:
        return max(known, record, key=lambda each: each.attempt)
    done = known.state == "succeeded" and record.state != "succeeded"
    return known if done else record


def _month(name: str) -> str:
    """Give the partition of an order or run, whose name begins with its order's time."""
    return f"m-{name[:6]}"


def _descending(name: str) -> str:
    """Make a key that sorts newest first from an id that begins with an order's time."""
    order_id = name if is_order_id(name) else order_of_run(name)
    return f"{_inverted(order_id[:8] + order_id[9:18])}-{name}"


def _inverted(digits: str) -> str:
    return f"{10**17 - 1 - int(digits):017d}"


def _stamp(since: str) -> str:
    moment = _utc(since)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def _months(since: str | None) -> Iterator[str]:
    """Give the partitions from this month back."""
    now = datetime.now(UTC)
    first = max(_utc(since), _FIRST) if since else now - timedelta(days=_DAYS)
    for month in range(now.year * 12 + now.month - 1, first.year * 12 + first.month - 2, -1):
        yield _month(f"{month // 12:04d}{month % 12 + 1:02d}")


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
