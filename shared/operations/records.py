"""What the ledger keeps of orders and runs; also their form in the API. Times are UTC, ISO 8601."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from shared.loading.bound import NO_BOUND, Bound
from shared.loading.errors import Failure
from shared.loading.order import FINAL, Mode, Order, State
from shared.loading.proof import Proven
from shared.loading.receipt import Repairs
from shared.loading.span import Span

Outcome = Literal["loaded", "nothing_new", "quarantined"]

HOST_FAILED = Failure(
    type="HostFailed",
    message="the orchestration of this load was ended from outside, or broke",
    remedy="See the host's log, then rerun. A turn that it held is freed by the next tick.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One table's run of one order. `rows`, `files` and `bytes` are what was published, or was set aside.

    `proof` says how much of what was read is proven to lie in the files; None where nothing was
    landed. `repairs` is what a reconciliation found, None for every other run. `unread` counts the
    versions of files of which nothing landed: overwritten before they could be read, or not readable.
    """

    run_id: str
    order_id: str
    table: str
    mode: Mode
    state: State
    outcome: Outcome | None = None
    rows: int = 0
    files: int = 0
    bytes: int = 0
    watermark_before: str | None = None
    watermark_after: str | None = None
    bound: Bound = NO_BOUND
    started_at: str
    ended_at: str | None = None
    attempt: int = 1
    error: Failure | None = None
    findings: tuple[str, ...] = ()
    folder: str | None = None
    proof: Proven | None = None
    repairs: Repairs | None = None
    unread: int = 0


def is_published(run: RunRecord) -> bool:
    """Say whether a run's folder is in bronze for good, so that it can never be published again."""
    return run.state == "succeeded" and run.outcome == "loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order and how it stands. `failed` counts its failed tables (a backfill's failed windows).

    `queued_at` is when its present attempt was asked for, and `chosen` what this one loads: of a
    rerun only what failed, None for all. `held_back` counts its tables whose bound is held back for
    so long that somebody has to be told, `mended` the incidents that are over by it. `alert`: `known`
    if what it has to say was told before, or is told with what others have to say.
    """

    order: Order
    state: State
    queued_at: str | None = None
    chosen: tuple[str, ...] | None = None
    started_at: str | None = None
    ended_at: str | None = None
    failed: int = 0
    error: Failure | None = None
    alert: Literal["none", "known", "sent", "failed"] = "none"
    cancel_requested: bool = False
    held_back: int = 0
    unread: int = 0
    mended: int = 0


def begin(record: OrderRecord, attempt: int, at: str) -> OrderRecord:
    """Say that an attempt of an order runs, since `at` (UTC, ISO 8601) if it is the first.

    An attempt that has ended, or that another has followed, is not for a late execution to open again.
    """
    if record.state in FINAL or record.order.attempt != attempt:
        return record
    return replace(record, state="running", started_at=record.started_at or at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRecord:
    """One window of a backfill, `[start, end)`. Windows of one `part` are one run, landed together.

    A side that is open is None; so are both where `span` is the rows without a cursor value.
    """

    number: int
    part: int
    start: str | None
    end: str | None
    span: Span
    state: State = "queued"
    run_id: str | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowGroup:
    """The windows of one part as spans to be read; no span means that nothing is left to do."""

    part: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """The first use of an idempotency key: what was asked with it, and the order that was made of that.

    `fingerprint` stands for route and body; `order` is as it was placed, so that it can be placed
    again should whoever wrote this have died before.
    """

    key: str
    fingerprint: str
    order: Order
