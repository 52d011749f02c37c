"""Loads by the real flow and activities, hand-overs by the real desk, refreshes by the real lakehouse; all of it mortal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from chain_source import CURSOR, TABLES, ChainSession, ChainSource
from modelled_flow import Flow, carry_out
from modelled_stack import Calls, Died, StagedLake, StagedLedger, StagedStates, staged_app
from mortal_lakes import MortalLake, ProcessDied

from activities.close_order import close_order
from lakehouse.gold.build import build_gold
from lakehouse.gold.model import Model
from lakehouse.handover import Handover, read_handover
from lakehouse.silver.refresh import refresh
from shared.catalog import Catalog, TableSpec
from shared.durable.steps import OrderEnd
from shared.lakehouse.errors import RefreshFailed
from shared.lakehouse.records import RefreshRecord, ended
from shared.loading.order import Order, TableOrder, instance_of
from shared.loading.span import Span
from shared.operations.ordering import OrderDesk
from shared.operations.records import HOST_FAILED
from shared.operations.sweep import Sweep
from shared.runtime import wiring

# More than any load takes.
_MOST_STEPS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A worker dies in its activity of this number, before or `late` after a call of this number.

    The activity runs again, unless its load was `left`: then the sweep takes up what is left of it.
    """

    activity: int
    call: int
    late: bool
    left: bool


@dataclass(frozen=True, slots=True)
class _Sources:
    source: ChainSource
    calls: Calls
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    @contextmanager
    def open(self, table: TableSpec, columns: object = ()) -> Iterator[ChainSession]:
        yield ChainSession(self.source, table.table_name, lambda: self.calls.make(lambda: None))


class _Files:
    def read(self) -> Catalog:
        specs = tuple(table.spec for table in TABLES.values())
        return Catalog(sources=(specs[0].source,), tables=specs)


class ChainStack:
    """The app over the source of the chain, and the lakehouse behind it. `close` gives the wiring back."""

    def __init__(self, source: ChainSource, lake: MortalLake, model: Model) -> None:
        self.source, self.calls = source, Calls()
        self.spark_lake, self.model = lake, model
        self.states, self.lake = StagedStates(self.calls), StagedLake(self.calls)
        self.ledger = StagedLedger()
        self.ledger.calls = self.calls
        self.keys_only: set[str] = set()
        self._flows: list[Flow] = []
        self._drawn = 0
        self.app = staged_app(
            lake=self.lake,
            states=self.states,
            ledger=self.ledger,
            files=_Files(),
            sources=_Sources(source, self.calls),
            now=self.now,
        )
        self.desk = OrderDesk(
            ledger=self.ledger, states=self.states, now=self.now, entropy=self._entropy
        )
        self._wiring, wiring.app = wiring.app, lambda: self.app  # type: ignore[assignment]

    def close(self) -> None:
        wiring.app = self._wiring

    def now(self) -> datetime:
        return self.source.now

    def load(
        self,
        table: str,
        mode: str,
        *,
        death: Death | None = None,
        meanwhile: Callable[[int], None] = lambda _activity: None,
    ) -> None:
        """Load a table; what cannot be yet is an incremental load. `meanwhile` runs before each activity."""
        self.sweep()
        name = TABLES[table].spec.name
        mark = self.states.watermark(name)
        if mode == "backfill" and mark is not None:
            after = CURSOR.format(CURSOR.parse(mark.position) - 8 * 3_600 * 10**9)
            order = self.desk.draft_load([name], mode="backfill", reason="backfill")
            part = replace(
                _of_table(order, name), part=1, spans=(Span(after=after, upto=mark.position),)
            )
            self._run(part, f"{order.order_id}-g", death, meanwhile)
        elif mode in ("reconcile", "compare keys") and self.states.turn(name).published_run_no:
            compare = "rows" if mode == "reconcile" else "keys"
            order = self.desk.draft_reconciliation([name], compare)
            if compare == "keys":
                self.keys_only.add(order.order_id)
            self._place(order, name, death, meanwhile)
        else:
            self._place(self.desk.draft_load([name]), name, death, meanwhile)

    def sweep(self) -> None:
        """Let the tick take up what dead loads left, and carry out what it starts."""
        if not any(flow.ended and flow.record is None for flow in self._flows):
            return
        self.source.wait(timedelta(hours=1))
        sweep = Sweep(self.desk)
        for suspect in list(sweep.suspects()):
            found = sweep.settle(suspect, "ended")
            if found is not None:
                assert found.flow == "end_order"
                close_order(OrderEnd(order_id=found.order.order_id, broke=HOST_FAILED))
        self._flows.clear()
        forgotten = sweep.forgotten()
        started = self.desk.request(forgotten, "schedule") if forgotten else None
        for name in started.order.tables if started else ():
            self._place(started.order, name, None, lambda _activity: None)  # type: ignore[union-attr]

    def hand_over(self) -> tuple[RefreshRecord, Handover] | None:
        """Let the desk say what is to be carried out, and put bronze where Spark reads it."""
        record = self.app.refresh_desk.hand_over(self.app.catalog.by_name)
        if record is None:
            return None
        for path, content in self.lake.files.items():
            file = Path(self.spark_lake.root, path)
            if path.startswith("bronze/") and "/_staging/" not in path and not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        return record, read_handover(self.spark_lake, record.path)

    def refresh(
        self, handover: Handover, *, silver_dies: int | None, gold_dies: int | None
    ) -> bool:
        """Carry a hand-over out, and tell whether that was done to its end."""
        try:
            self._arm(silver_dies)
            refresh(self.spark_lake, handover)
            self._arm(gold_dies)
            build_gold(self.spark_lake, self.model, handover)
        except ProcessDied:
            return False
        finally:
            self._arm(None)
        return True

    def end(self, record: RefreshRecord, *, succeeded: bool) -> None:
        """Write down how the refresh ended."""
        error = None if succeeded else RefreshFailed("it died").failure
        state = "succeeded" if succeeded else "failed"
        at = self.now().isoformat()
        self.app.refreshes.change_refresh(
            record.number,
            lambda known: ended(known, record.attempt, state=state, error=error, over=True, at=at),
        )

    def _arm(self, dies: int | None) -> None:
        self.spark_lake.left[:] = [] if dies is None else [dies]

    def _place(
        self, order: Order, name: str, death: Death | None, meanwhile: Callable[[int], None]
    ) -> None:
        self.desk.place(order)
        self._run(_of_table(order, name), instance_of(order, name), death, meanwhile)

    def _run(
        self,
        order: TableOrder,
        instance: str,
        death: Death | None,
        meanwhile: Callable[[int], None],
    ) -> None:
        flow = Flow(order, instance, cast("Any", self))
        self._flows.append(flow)
        for number in range(_MOST_STEPS):
            if flow.ended:
                break
            meanwhile(number)
            dying = death if death and death.activity == number else None
            self._step(flow, dying)
        assert flow.ended, "a load does not come to an end"
        if flow.record is None:
            return
        assert flow.record.state == "succeeded", flow.record
        if self.ledger.order(order.order_id) is not None:
            close_order(OrderEnd(order_id=order.order_id))

    def _step(self, flow: Flow, dying: Death | None) -> None:
        name, payload = flow.wanted
        if name == "timer":
            self.source.wait(timedelta(seconds=1))
            flow.go_on(None)
            return
        if dying:
            self.calls.arm(dies=dying.call, late=dying.late)
        try:
            flow.go_on(carry_out(name, payload))
        except Died:
            # Not left: the activity is carried out again, as the host does that finds it unanswered.
            flow.ended = bool(dying and dying.left)
        finally:
            self.calls.arm()

    def _entropy(self) -> str:
        self._drawn += 1
        return f"{self._drawn:06x}"


def _of_table(order: Order, name: str) -> TableOrder:
    return TableOrder(
        order_id=order.order_id,
        table=name,
        mode=order.mode,
        reason=order.reason,
        attempt=order.attempt,
        compare=order.compare,
    )
