"""What is remembered of refreshes, and every change of it. Times are UTC, ISO 8601."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from shared.lakehouse.handover import HandOver, token_of
from shared.lakehouse.workspace import JobRun, TaskState
from shared.loading.errors import Failure

RefreshState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
UNDER_WAY: frozenset[str] = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRecord:
    """One hand-over and the job run that carries it out.

    `digest` stands for the file at `path`. `attempt` counts starts of the job; `over` says that the
    job run of this attempt has ended for good, so that the next must be another. `repair_refused`
    says that it cannot be repaired. `mended` says that it is well again what was told of before.
    `tables` and `runs` count what is new with the hand-over, `releases` what it is asked to let
    through. `traceparent` is the hand-over's place in a trace.
    """

    number: int
    path: str
    digest: str
    state: RefreshState = "queued"
    attempt: int = 1
    job_run_id: int | None = None
    run_page: str | None = None
    repair_refused: bool = False
    over: bool = False
    tasks: tuple[TaskState, ...] = ()
    error: Failure | None = None
    alert: Literal["none", "sent", "failed"] = "none"
    cancel_requested: bool = False
    tables: int = 0
    runs: int = 0
    releases: int = 0
    mended: bool = False
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    traceparent: str = ""

    def token_of(self, attempt: int) -> str:
        """Give the idempotency token of an attempt."""
        return token_of(self.digest, attempt)


class RefreshLedger(Protocol):
    """Raises StateUnavailable when the store does not answer. Every write may be repeated."""

    def refresh(self, number: int) -> RefreshRecord | None:
        """Give a refresh, None if there is none."""
        ...

    def refreshes(self, most: int, *, below: int | None = None) -> tuple[RefreshRecord, ...]:
        """List refreshes, newest first; with `below` only those of a smaller number."""
        ...

    def change_refresh(
        self,
        number: int,
        step: Callable[[RefreshRecord], RefreshRecord],
        fresh: RefreshRecord | None = None,
    ) -> RefreshRecord:
        """Apply a pure step by compare-and-set, to `fresh` if there is none. Raises RefreshUnknown."""
        ...


def record_of(handover: HandOver, path: str, digest: str) -> RefreshRecord:
    """Make the first record of a hand-over."""
    return RefreshRecord(
        number=handover.number,
        path=path,
        digest=digest,
        tables=sum(bool(table.runs) for table in handover.tables),
        runs=handover.runs,
        releases=len(handover.releases),
        created_at=handover.created_at,
        traceparent=handover.traceparent,
    )


def take_up(record: RefreshRecord) -> RefreshRecord:
    """Take a hand-over up, again if need be; one that is under way or done stays as it is.

    The job is started anew only where its last run has ended. Else that one is found again, by its
    token, and followed.
    """
    if record.state in UNDER_WAY or record.state == "succeeded":
        return record
    again = replace(
        record,
        state="queued",
        error=None,
        alert="none",
        cancel_requested=False,
        ended_at=None,
    )
    return start_again(again, record.attempt) if record.over else again


def start_again(record: RefreshRecord, after: int) -> RefreshRecord:
    """Begin the attempt that follows `after`; one that has begun stays as it is."""
    if record.attempt != after:
        return record
    return replace(
        record,
        attempt=after + 1,
        job_run_id=None,
        run_page=None,
        repair_refused=False,
        over=False,
        tasks=(),
    )


def started(record: RefreshRecord, attempt: int, run_id: int, at: str) -> RefreshRecord:
    """Remember the job run of an attempt, unless another attempt or the end has come."""
    if record.attempt != attempt or record.state not in UNDER_WAY:
        return record
    return replace(record, state="running", job_run_id=run_id, started_at=record.started_at or at)


def seen(record: RefreshRecord, attempt: int, run: JobRun) -> RefreshRecord:
    """Remember how the job run of the present attempt stands."""
    if record.attempt != attempt or record.state not in UNDER_WAY:
        return record
    page = run.page or record.run_page
    return replace(record, tasks=run.tasks, run_page=page)


def ended(
    record: RefreshRecord,
    attempt: int,
    *,
    state: RefreshState,
    error: Failure | None,
    over: bool,
    at: str,
) -> RefreshRecord:
    """End an attempt. What has ended, or has another attempt under way, stays as it is."""
    if record.attempt != attempt or record.state not in UNDER_WAY:
        return record
    return replace(record, state=state, error=error, over=over, ended_at=at)


def cancel(record: RefreshRecord) -> RefreshRecord:
    """Ask for a refresh to end; one that has ended stays as it is."""
    return replace(record, cancel_requested=True) if record.state in UNDER_WAY else record
