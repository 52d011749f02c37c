"""The Ledger port: orders and runs as they are remembered, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.operations.records import OrderRecord, RunRecord, WindowRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs to list, newest first. `since` is UTC, ISO 8601; `most` at least 1."""

    table: str | None = None
    status: str | None = None
    since: str | None = None
    most: int = 100


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

    def unfinished_orders(self) -> Iterable[str]:
        """Name the orders that have not ended."""
        ...

    def record_run(self, record: RunRecord) -> None:
        """Write a run down as it stands now."""
        ...

    def run(self, run_id: str) -> RunRecord | None:
        """Give a run, None if there is none."""
        ...

    def runs(self, query: RunQuery) -> tuple[RunRecord, ...]:
        """List runs, newest first."""
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
