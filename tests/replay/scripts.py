"""Scripts that answer the steps of a load as a healthy system would; tests put faults into them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from rehearsal import Script

from shared.durable import steps
from shared.loading.bound import Bound
from shared.loading.errors import Failure
from shared.loading.order import BackfillSpec, Order, OrderWork, State, TableOrder
from shared.loading.plan import PlanReference
from shared.loading.receipt import Verdict
from shared.loading.span import Span
from shared.operations.records import OrderRecord, RunRecord, WindowGroup

ORDER_ID = "20260101T000000000Z-00000a"
TABLE = "crm/dbo.Users"
TABLE_ORDER = TableOrder(order_id=ORDER_ID, table=TABLE, mode="incremental", reason="request")
PERIOD = BackfillSpec(start="2025-01-01", end="2026-01-01", window="1d", parallel=2)
BACKFILL = OrderWork(
    order=Order(
        order_id=ORDER_ID,
        tables=(TABLE,),
        mode="backfill",
        reason="backfill",
        backfill=PERIOD,
        created_at="2026-01-01T00:00:00+00:00",
    )
)
BOUND = Bound(value="2026-01-01 00:00:00.000000", how="settled")


def batch(*tables: str) -> Order:
    """Order loads of tables."""
    return Order(order_id=ORDER_ID, tables=tables, created_at="2026-01-01T00:00:00+00:00")


def plan(*, slices: int = 3, parallel: int = 3) -> PlanReference:
    """Refer to a plan of so many slices."""
    return PlanReference(
        path="bronze/_staging/r/plan-000001/plan.json",
        mode="incremental",
        run_no=1,
        slices=slices,
        parallel=parallel,
        watermark_before="2025-12-31 00:00:00.000000",
        bound=BOUND,
    )


class LoadScript:
    """Answers the steps of `load_table`. Named answers are used one by one, the last for good."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers
        self._asked: Counter[str] = Counter()

    def __call__(self, name: str, payload: Any) -> Any:
        given = self._answers.get(name)
        if given is None:
            return self._usual(name, payload)
        number = min(self._asked[name], len(given) - 1)
        self._asked[name] += 1
        answer = given[number]
        return self._usual(name, payload) if answer is USUAL else answer

    def _usual(self, name: str, payload: Any) -> Any:  # noqa: PLR0911 - one line a step
        match name:
            case "take_turn":
                return steps.TurnAnswer(taken=True, epoch=1)
            case "plan_load":
                return plan()
            case "extract_slice":
                return steps.SliceDone(number=payload["number"], rows=10)
            case "judge_quality":
                return Verdict(landing="l.json", rows=30, files=3, bytes=300, idle=False)
            case "claim_commit":
                return steps.ClaimedCommit(
                    table=TABLE, claim=msgspec.convert(payload["claim"], steps.Claim)
                )
            case "publish":
                return steps.Published(folder=f"bronze/crm/users/run_id={TABLE_ORDER.run_id}")
            case "advance_watermark":
                return replace(succeeded(payload["claim"]["run_id"]), outcome="loaded", rows=30)
            case "end_turn":
                return msgspec.convert(payload["record"], RunRecord)
            case "extract_lane":
                return None
            case _:
                raise AssertionError(f"unexpected: {name}")


USUAL = object()


def succeeded(run_id: str = TABLE_ORDER.run_id, table: str = TABLE) -> RunRecord:
    """Record a run that went well."""
    return RunRecord(
        run_id=run_id,
        order_id=ORDER_ID,
        table=table,
        mode="incremental",
        state="succeeded",
        outcome="loaded",
        started_at="2026-01-01T00:00:00+00:00",
        bound=BOUND,
    )


def failed(table: str, error: Failure) -> RunRecord:
    """Record a run that failed."""
    return replace(succeeded(table=table), state="failed", outcome=None, error=error)


def batch_script(
    order: Order,
    waves: tuple[tuple[str, ...], ...],
    load: Callable[[str], Any],
    end: Callable[[Any], OrderRecord] | None = None,
) -> Script:
    """Answer the steps of `load_batch`; `load` answers for each table, groups are rehearsed."""

    def script(name: str, payload: Any) -> Any:
        match name:
            case "open_order":
                return steps.OrderWaves(order=order, waves=waves)
            case "load_table":
                return load(payload["table"])
            case "load_group":
                return None
            case "close_order":
                return end(payload) if end else OrderRecord(order=order, state="succeeded")
            case "raise_alert":
                return replace(msgspec.convert(payload, OrderRecord), alert="sent")
            case _:
                raise AssertionError(f"unexpected: {name}")

    return script


def ended_script(order: Order, state: State) -> Script:
    """Answer the steps of `end_order`: the order is closed with a state, and alerted if it failed."""
    return batch_script(order, (), lambda _: None, lambda _: OrderRecord(order=order, state=state))


class BackfillScript:
    """Answers the steps of `backfill` over so many groups; cancelled after some of them."""

    def __init__(
        self,
        groups: int,
        *,
        cancelled_after: int | None = None,
        failing: frozenset[int] = frozenset(),
    ) -> None:
        self._groups, self._cancelled_after, self._failing = groups, cancelled_after, failing
        self.closed: list[tuple[int, str]] = []

    def __call__(self, name: str, payload: Any) -> Any:  # noqa: PLR0911 - one line a step
        match name:
            case "plan_backfill":
                return BACKFILL.order
            case "next_windows":
                return self._next(max(payload["part"], 1))
            case "load_table":
                if payload["part"] in self._failing:
                    return failed(TABLE, Failure(type="QueryRefused", message="m", remedy="r"))
                return succeeded()
            case "close_windows":
                self.closed.append((payload["part"], payload["state"]))
                return msgspec.convert(payload, steps.GroupEnded)
            case "close_order":
                state = "failed" if self._failing else "succeeded"
                cancelled = self._is_cancelled()
                return OrderRecord(order=BACKFILL.order, state="cancelled" if cancelled else state)
            case "raise_alert":
                return replace(msgspec.convert(payload, OrderRecord), alert="sent")
            case _:
                raise AssertionError(f"unexpected: {name}")

    def _next(self, part: int) -> WindowGroup:
        if part > self._groups or self._is_cancelled():
            return WindowGroup(part=part, spans=())
        spans = (Span(after=str(part), upto=str(part + 1)),)
        return WindowGroup(part=part, spans=spans)

    def _is_cancelled(self) -> bool:
        return self._cancelled_after is not None and len(self.closed) >= self._cancelled_after
