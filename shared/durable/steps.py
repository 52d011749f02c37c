"""Every step and flow, declared once: name, input, output, retry policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.durable.protocol import Flow, Retry, Step
from shared.lakehouse.records import RefreshRecord, RefreshState
from shared.lakehouse.refresh import Observation
from shared.loading.errors import Failure
from shared.loading.order import Order, OrderWork, State, TableOrder
from shared.loading.plan import PlanReference
from shared.loading.receipt import Verdict
from shared.loading.turn import Claim
from shared.operations.records import OrderRecord, RunRecord, WindowGroup

SOURCE = Retry(attempts=6, first_pause=timedelta(seconds=2), longest_pause=timedelta(minutes=2))
# A workspace may be closed for a while: some 25 minutes.
WORKSPACE = Retry(attempts=30, first_pause=timedelta(seconds=2), longest_pause=timedelta(minutes=1))
STORE = Retry(attempts=8, first_pause=timedelta(seconds=1), longest_pause=timedelta(minutes=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnWanted:
    """Who asks for a table's turn, and from which orchestration."""

    order: TableOrder
    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnAnswer:
    """What became of asking for a turn.

    `taken`: it is ours, in this epoch, since `taken_at` (UTC, ISO 8601). `served`: what was asked for is loaded already. `cancelled`:
    the load is not wanted any more. `due_at` (UTC, ISO 8601): until then the load waits for more
    events to serve. `unfinished` is a claimed commit of an earlier run that has to be carried to its end first.
    """

    taken: bool
    served: bool = False
    cancelled: bool = False
    due_at: str | None = None
    epoch: int = 0
    taken_at: str | None = None
    unfinished: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWanted:
    """Plan this order, in the epoch in which it holds the turn."""

    order: TableOrder
    epoch: int
    record: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceWanted:
    """Read and land one slice of a plan, for this attempt of its run."""

    plan: str
    number: int
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceDone:
    """A slice has its receipt in the lake."""

    number: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLane:
    """Every `stride`-th slice of a plan from `first` to below `end`, read one after another."""

    plan: str
    first: int
    stride: int
    end: int
    attempt: int = 1
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneDone:
    """How a lane of slices ended."""

    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeWanted:
    """Gather the receipts of a plan and judge them, in this epoch."""

    plan: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitWanted:
    """Claim a commit; `record` is the run as the ledger shows it until the commit is through."""

    claim: Claim
    record: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCommit:
    """A claimed commit of a table, to be carried to its end by whoever holds the turn."""

    table: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The folder in which a run has appeared; None if it had no row to show."""

    folder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """Give the turn back and write down how the run ended. `staged` is its plan, if it had one."""

    record: RunRecord
    epoch: int
    staged: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWaves:
    """An order's tables in waves; those of one wave may be loaded at once."""

    order: Order
    waves: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGroup:
    """Tables of one order that one orchestrator fans out."""

    order: Order
    tables: tuple[str, ...]

    @property
    def traceparent(self) -> str:
        """Where its steps stand in their trace."""
        return str(self.order.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEnd:
    """A group has ended; the runs' records say how."""

    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnd:
    """Close this attempt of an order: `broke` is set if something failed outside any table's run."""

    order_id: str
    broke: Failure | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWanted:
    """Ask for the first group of windows at or after `part` that is not loaded yet."""

    order_id: str
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEnded:
    """How the run of a group of windows ended."""

    order_id: str
    part: int
    state: State
    run_id: str | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshWork:
    """How often this refresh was looked at so far, and how often its job was started and skipped."""

    looks: int = 0
    skips: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The hand-over to be carried out, and in which attempt; number 0 if nothing is left.

    `traceparent` is where the steps that follow stand in their trace.
    """

    number: int = 0
    attempt: int = 0
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWanted:
    """Start the job for a hand-over, in this attempt; a later one than its record says begins here."""

    number: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """The job run of an attempt."""

    number: int
    attempt: int
    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshEnd:
    """How an attempt ended. `over`: its job run has ended too, so that the next needs another."""

    number: int
    attempt: int
    state: RefreshState
    over: bool
    error: Failure | None = None


take_turn = Step("take_turn", TurnWanted, TurnAnswer, STORE)
plan_load = Step("plan_load", PlanWanted, PlanReference, SOURCE)
extract_slice = Step("extract_slice", SliceWanted, SliceDone, SOURCE)
judge_quality = Step("judge_quality", JudgeWanted, Verdict, STORE)
claim_commit = Step("claim_commit", CommitWanted, ClaimedCommit, STORE)
publish = Step("publish", ClaimedCommit, Published, STORE)
advance_watermark = Step("advance_watermark", ClaimedCommit, RunRecord, STORE)
end_turn = Step("end_turn", TurnEnd, RunRecord, STORE)
open_order = Step("open_order", Order, OrderWaves, STORE)
close_order = Step("close_order", OrderEnd, OrderRecord, STORE)
plan_backfill = Step("plan_backfill", Order, Order, SOURCE)
next_windows = Step("next_windows", GroupWanted, WindowGroup, STORE)
close_windows = Step("close_windows", GroupEnded, GroupEnded, STORE)
raise_alert = Step("raise_alert", OrderRecord, OrderRecord, STORE)
hand_over = Step("hand_over", RefreshWork, HandedOver, STORE)
start_refresh = Step("start_refresh", JobWanted, JobStarted, WORKSPACE)
observe_refresh = Step("observe_refresh", JobStarted, Observation, WORKSPACE)
repair_refresh = Step("repair_refresh", JobStarted, JobStarted, WORKSPACE)
close_refresh = Step("close_refresh", RefreshEnd, RefreshRecord, STORE)
alert_refresh = Step("alert_refresh", RefreshRecord, RefreshRecord, STORE)

load_batch = Flow("load_batch", OrderWork, OrderRecord)
load_group = Flow("load_group", TableGroup, GroupEnd)
load_table = Flow("load_table", TableOrder, RunRecord)
extract_lane = Flow("extract_lane", SliceLane, LaneDone)
backfill = Flow("backfill", OrderWork, OrderRecord)
end_order = Flow("end_order", OrderWork, OrderRecord)
refresh_lakehouse = Flow("refresh_lakehouse", RefreshWork, HandedOver)
