"""What an order or a refresh says of incidents: what is wrong, and what is well again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.alerting.alert import HeldTable
from shared.alerting.incident import Incident, Kind, Mended, Trouble, Work
from shared.lakehouse.records import RefreshRecord
from shared.loading.errors import Failure
from shared.loading.order import Mode
from shared.operations.records import OrderRecord, RunRecord
from shared.operations.redaction import redact_text

LAKEHOUSE = "lakehouse"
_LONGEST_MESSAGE = 500


def troubles_of(
    record: OrderRecord,
    runs: Sequence[RunRecord],
    held: Sequence[RunRecord],
    base_url: str,
    lag_of: Callable[[str], int | None] = lambda _: None,
) -> tuple[Trouble, ...]:
    """Give what is wrong after an order; `held` are the runs whose bound is held back for long.

    A table counts once for each kind of error, however many of its runs failed.
    """
    failed = [run for run in runs if run.state == "failed"] if record.state == "failed" else []
    found = [_failed(record, run, lag_of) for run in failed]
    if record.state == "failed" and not failed:
        found.append(_broke(record))
    found += [_unread(record, run) for run in runs if run.unread]
    found += [_held(record, run, base_url) for run in held]
    return tuple({trouble.key: trouble for trouble in reversed(found)}.values())[::-1]


def mended_by(record: OrderRecord, runs: Sequence[RunRecord]) -> tuple[Mended, ...]:
    """Give what is well again after an order."""
    work = work_of(record.order.mode)
    if work != "load":
        # Its runs are parts: only the whole says that it went well.
        done = [run for run in runs if run.state == "succeeded"] if _went_well(record) else []
        return tuple(_mended(run, work, ("failed",)) for run in done[-1:])
    return tuple(mended_run(run) for run in runs if run.state == "succeeded")


def mended_run(run: RunRecord) -> Mended:
    """Give what is well again after a load that succeeded."""
    return _mended(run, "load", _kinds(run))


def troubles_of_refresh(record: RefreshRecord) -> tuple[Trouble, ...]:
    """Give what is wrong after a refresh."""
    if record.state != "failed":
        return ()
    error = safe(record.error)
    return (
        Trouble(
            kind="refresh",
            subject=LAKEHOUSE,
            work="refresh",
            what=error.type if error else "",
            token=f"{record.number}#{record.attempt}#{record.ended_at}",
            at=record.ended_at or record.created_at,
            text=f"{record.runs} runs of {record.tables} tables wait in {record.path}",
            error=error,
            refresh=record.number,
            page=record.run_page,
        ),
    )


def mended_by_refresh(record: RefreshRecord) -> tuple[Mended, ...]:
    """Give what is well again after a refresh."""
    if record.state != "succeeded":
        return ()
    return (
        Mended(
            subject=LAKEHOUSE,
            work="refresh",
            kinds=("refresh",),
            began_at=record.started_at or record.created_at,
            at=record.ended_at or record.created_at,
            text=f"Refresh {record.number} has brought it up to date.",
        ),
    )


def work_of(mode: Mode) -> Work:
    """Say what of a table an order works at: a backfill that failed is not mended by a load."""
    if mode == "backfill":
        return "backfill"
    return "reconcile" if mode == "reconcile" else "load"


def safe(error: Failure | None) -> Failure | None:
    """Take secrets out of an error, and shorten it."""
    if error is None:
        return None
    return replace(error, message=redact_text(error.message[:_LONGEST_MESSAGE]))


def _went_well(record: OrderRecord) -> bool:
    return record.state == "succeeded"


def _kinds(run: RunRecord) -> tuple[Kind, ...]:
    kinds: list[Kind] = ["failed"]
    if run.outcome in ("loaded", "nothing_new"):
        # What is set aside reaches no reader.
        kinds.append("late")
    if not run.unread:
        kinds.append("unread")
    if not run.bound.held_back_seconds:
        kinds.append("held_back")
    return tuple(kinds)


def gone(incident: Incident, now: datetime) -> Mended:
    """Give the end of an incident of a table that is in no table file any more."""
    at = now.isoformat()
    return Mended(
        subject=incident.last.subject,
        work=incident.last.work,
        kinds=(incident.last.kind,),
        began_at=at,
        at=at,
        text="It is in no table file any more.",
        gone=True,
    )


def _mended(run: RunRecord, work: Work, kinds: tuple[Kind, ...]) -> Mended:
    return Mended(
        subject=run.table,
        work=work,
        kinds=kinds,
        began_at=run.started_at,
        at=run.ended_at or run.started_at,
        order_id=run.order_id,
        run_id=run.run_id,
        rows=run.rows,
        text=f"Run {run.run_id} went well: {run.outcome}, {run.rows} rows.",
    )


def _failed(record: OrderRecord, run: RunRecord, lag_of: Callable[[str], int | None]) -> Trouble:
    error = safe(run.error)
    return Trouble(
        kind="failed",
        subject=run.table,
        work=work_of(record.order.mode),
        what=error.type if error else "",
        token=f"{run.run_id}#{record.order.attempt}",
        at=run.ended_at or run.started_at,
        error=error,
        order_id=record.order.order_id,
        run_id=run.run_id,
        rows=run.rows,
        lag_seconds=lag_of(run.table),
    )


def _broke(record: OrderRecord) -> Trouble:
    """An order that broke before any run of it: its first table speaks for it."""
    error = safe(record.error)
    return Trouble(
        kind="failed",
        subject=next(iter(record.order.tables), "orders"),
        work=work_of(record.order.mode),
        what=error.type if error else "",
        token=f"{record.order.order_id}#{record.order.attempt}",
        at=record.ended_at or record.order.created_at,
        error=error,
        order_id=record.order.order_id,
    )


def _unread(record: OrderRecord, run: RunRecord) -> Trouble:
    return Trouble(
        kind="unread",
        subject=run.table,
        token=f"{run.run_id}#{record.order.attempt}",
        at=run.ended_at or run.started_at,
        text=(
            f"what could be read has landed. {'; '.join(run.findings)}. A file that could not be "
            "read is a dead letter; repair the cause and replay it."
        ),
        order_id=record.order.order_id,
        run_id=run.run_id,
        rows=run.rows,
    )


def _held(record: OrderRecord, run: RunRecord, base_url: str) -> Trouble:
    bound = run.bound
    return Trouble(
        kind="held_back",
        subject=run.table,
        detail=f"{bound.held_back_since} {bound.held_back_by}",
        token=f"{run.run_id}#{record.order.attempt}",
        at=run.ended_at or run.started_at,
        text=(
            f"{bound.held_back}. Nothing is lost: what lies above the bound is read with every load "
            "until that transaction ends."
        ),
        order_id=record.order.order_id,
        run_id=run.run_id,
        rows=run.rows,
        held=HeldTable(
            table=run.table,
            run_id=run.run_id,
            since=bound.held_back_since or "",
            seconds=bound.held_back_seconds or 0,
            by=bound.held_back_by,
            link=f"{base_url}/api/runs/{run.run_id}",
        ),
    )
