"""The ledger and the turns in memory, and a desk that places orders at a set time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.loading.errors import BadOrder, WatermarkMoved
from shared.loading.order import FINAL, order_of_run
from shared.loading.published import PublishedRun, Unhanded
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark
from shared.operations.ledger import OrderQuery, RunQuery
from shared.operations.ordering import OrderDesk
from shared.operations.pages import Page
from shared.operations.records import KeyUse, OrderRecord, RunRecord, WindowRecord

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class MemoryLedger:
    """Implements `shared.operations.ledger.Ledger`."""

    orders_by_id: dict[str, OrderRecord] = field(default_factory=dict)
    keys: dict[str, KeyUse] = field(default_factory=dict)
    cancelled: dict[tuple[str, str | None], int] = field(default_factory=dict)
    records: dict[str, RunRecord] = field(default_factory=dict)
    periods: dict[str, dict[int, WindowRecord]] = field(default_factory=dict)
    last_tick: str | None = None

    def open_order(self, record: OrderRecord) -> OrderRecord:
        return self.orders_by_id.setdefault(record.order.order_id, record)

    def order(self, order_id: str) -> OrderRecord | None:
        return self.orders_by_id.get(order_id)

    def change_order(
        self, order_id: str, step: Callable[[OrderRecord], OrderRecord]
    ) -> OrderRecord:
        if order_id not in self.orders_by_id:
            raise BadOrder(f"there is no order {order_id}")
        self.orders_by_id[order_id] = step(self.orders_by_id[order_id])
        return self.orders_by_id[order_id]

    def orders(self, query: OrderQuery) -> Page[OrderRecord]:
        return Page(items=tuple(self.orders_by_id.values())[: query.most], next=None)

    def reserve(self, use: KeyUse) -> KeyUse:
        return self.keys.setdefault(use.key, use)

    def key_use(self, key: str) -> KeyUse | None:
        return self.keys.get(key)

    def cancel(self, order_id: str, attempt: int, run_id: str | None) -> None:
        self.cancelled[order_id, run_id] = attempt

    def is_cancelled(self, run_id: str, attempt: int) -> bool:
        order_id = order_of_run(run_id)
        return attempt in (
            self.cancelled.get((order_id, None)),
            self.cancelled.get((order_id, run_id)),
        )

    def unfinished_orders(self) -> Iterable[str]:
        return [name for name, record in self.orders_by_id.items() if record.state not in FINAL]

    def record_run(self, record: RunRecord) -> None:
        self.records[record.run_id] = record

    def change_run(self, run_id: str, step: Callable[[RunRecord], RunRecord]) -> None:
        if run_id in self.records:
            self.records[run_id] = step(self.records[run_id])

    def run(self, run_id: str) -> RunRecord | None:
        return self.records.get(run_id)

    def runs(self, query: RunQuery) -> Page[RunRecord]:
        found = [
            run
            for run in self.records.values()
            if query.table in (None, run.table) and query.status in (None, run.state)
        ]
        return Page(items=tuple(found[: query.most]), next=None)

    def runs_of_order(self, order_id: str) -> tuple[RunRecord, ...]:
        found = [run for run in self.records.values() if run.order_id == order_id]
        return tuple(sorted(found, key=lambda run: run.run_id))

    def write_windows(self, order_id: str, windows: Sequence[WindowRecord]) -> None:
        known = self.periods.setdefault(order_id, {})
        known.update({window.number: window for window in windows})

    def windows(self, order_id: str) -> tuple[WindowRecord, ...]:
        known = self.periods.get(order_id, {})
        return tuple(known[number] for number in sorted(known))

    def tick(self) -> str | None:
        return self.last_tick

    def ticked(self, at: str) -> None:
        self.last_tick = at

    def ping(self) -> None:
        return None


@dataclass
class MemoryStates:
    """Implements `shared.loading.state.TableStates` and `shared.loading.published.Publications`."""

    turns: dict[str, Turn] = field(default_factory=dict)
    marks: dict[str, list[Watermark]] = field(default_factory=dict)
    published: dict[str, list[PublishedRun]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    put: int = 0

    def turn(self, table: str) -> Turn:
        return self.turns.get(table, Turn())

    def change_turn(self, table: str, step: Callable[[Turn], Turn]) -> Turn:
        self.turns[table] = step(self.turn(table))
        return self.turns[table]

    def held(self) -> Iterable[str]:
        return list(self.turns)

    def watermark(self, table: str) -> Watermark | None:
        return next(iter(self.marks.get(table, [])), None)

    def glance(self, table: str) -> tuple[Turn, Watermark | None]:
        return self.turn(table), self.watermark(table)

    def history(self, table: str, most: int, *, below: int | None = None) -> tuple[Watermark, ...]:
        marks = [m for m in self.marks.get(table, []) if below is None or m.version < below]
        return tuple(marks[:most])

    def advance(
        self,
        table: str,
        *,
        step: Callable[[Turn], Turn],
        before: Watermark | None,
        after: Watermark | None,
        published: PublishedRun | None = None,
    ) -> None:
        turn = step(self.turn(table))
        if published is not None:
            self.name(table)
        if before != self.watermark(table):
            raise WatermarkMoved(table)
        self.turns[table] = turn
        if after is not None and after != before:
            self.marks.setdefault(table, []).insert(0, after)
        if published is not None:
            self.published.setdefault(table, []).append(published)

    def name(self, table: str) -> None:
        """Put a table on the list of those that have something to hand over, by a new version."""
        self.put += 1
        self.names[table] = self.put

    def unhanded(self) -> tuple[Unhanded, ...]:
        return tuple(
            Unhanded(
                table=table,
                since=(START + timedelta(seconds=version)).isoformat(),
                version=str(version),
            )
            for table, version in self.names.items()
        )

    def runs_above(self, table: str, run_no: int) -> tuple[PublishedRun, ...]:
        return tuple(run for run in self.published.get(table, []) if run.run_no > run_no)

    def settle(self, tables: Iterable[Unhanded]) -> None:
        for each in tables:
            if str(self.names.get(each.table)) == each.version:
                del self.names[each.table]


class Office:
    """A desk with its ledger, its turns, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.ledger, self.states = MemoryLedger(), MemoryStates()
        self.now = START
        self._drawn = 0
        self.desk = OrderDesk(
            ledger=self.ledger, states=self.states, now=lambda: self.now, entropy=self._entropy
        )

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def _entropy(self) -> str:
        self._drawn += 1
        return f"{self._drawn:06x}"
