"""The Ledger port: orders and runs as they are remembered, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.operations.pages import Page
from shared.operations.records import KeyUse, OrderRecord, RunRecord, WindowRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs to list, newest first. `since` is UTC, ISO 8601; `most` at least 1.

    `page` is the token of a page that is not the first; the rest is then as it was for the first.
    """

    table: str | None = None
    status: str | None = None
    since: str | None = None
    most: int = 100
    page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """Which orders to list, as for runs."""

    status: str | None = None
    since: str | None = None
    most: int = 100
    page: str | None = None


class Ledger(Protocol):
    """Raises StateUnavailable when the store does not answer. Every write may be repeated."""

    def open_order(self, record: OrderRecord) -> OrderRecord:
        """Write a new order down; if it is there already, give what is there."""
        ...

    def order(self, order_id: str) -> OrderRecord | None:
        """Give an order, None if there is none."""
        ...

    def change_order(
        self, order_id: str, step: Callable[[OrderRecord], OrderRecord]
    ) -> OrderRecord:
        """Apply a pure step by compare-and-set. Raises BadOrder if there is no such order."""
        ...

    def orders(self, query: OrderQuery) -> Page[OrderRecord]:
        """List orders, newest first. Raises PageUnknown."""
        ...

    def reserve(self, use: KeyUse) -> KeyUse:
        """Write the first use of an idempotency key down; if it is used already, give that use."""
        ...

    def key_use(self, key: str) -> KeyUse | None:
        """Give the first use of an idempotency key, None if there was none."""
        ...

    def cancel(self, order_id: str, attempt: int, run_id: str | None) -> None:
        """Write down that an attempt of an order, or of one run of it, is not wanted any more."""
        ...

    def is_cancelled(self, run_id: str, attempt: int) -> bool:
        """Say whether an attempt of a run, or of its whole order, is not wanted any more."""
        ...

    def unfinished_orders(self) -> Iterable[str]:
        """Name the orders that have not ended."""
        ...

    def record_run(self, record: RunRecord) -> None:
        """Write a run down as it stands now."""
        ...

    def change_run(self, run_id: str, step: Callable[[RunRecord], RunRecord]) -> None:
        """Apply a pure step to a run by compare-and-set; nothing happens if there is none."""
        ...

    def run(self, run_id: str) -> RunRecord | None:
        """Give a run, None if there is none."""
        ...

    def runs(self, query: RunQuery) -> Page[RunRecord]:
        """List runs, newest first. Raises PageUnknown."""
        ...

    def runs_of_order(self, order_id: str) -> tuple[RunRecord, ...]:
        """List the runs of an order, by run id."""
        ...

    def write_windows(self, order_id: str, windows: Sequence[WindowRecord]) -> None:
        """Write the windows of a backfill, new or changed."""
        ...

    def windows(self, order_id: str) -> tuple[WindowRecord, ...]:
        """List the windows of a backfill in order."""
        ...

    def tick(self) -> str | None:
        """Give the time up to which schedules were looked at, None at first. UTC, ISO 8601."""
        ...

    def ticked(self, at: str) -> None:
        """Remember the time up to which schedules were looked at."""
        ...

    def ping(self) -> None:
        """Raise StateUnavailable unless the store answers."""
        ...
