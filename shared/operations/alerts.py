"""Makes alerts from what is remembered: of what failed, and of bounds that are held back for long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.alerting.alert import Alert, FailedTable, HeldTable
from shared.lakehouse.records import RefreshRecord
from shared.loading.errors import Failure
from shared.operations.records import OrderRecord, RunRecord

MOST_TABLES = 50


def compose_alert(record: OrderRecord, failed: Sequence[RunRecord], base_url: str) -> Alert:
    """Say what failed, why, and where to look."""
    order_id, attempt = record.order.order_id, record.order.attempt
    first = failed[0] if failed else None
    error = (first.error if first else None) or record.error
    table = first.table if first else next(iter(record.order.tables), None)
    return Alert(
        title=f"Tidemark: order {order_id} failed",
        text=_sentence(table, len(failed), error),
        order_id=order_id,
        table=table,
        run_id=first.run_id if first else None,
        error=error,
        failed=len(failed),
        tables=tuple(
            FailedTable(
                table=run.table,
                run_id=run.run_id,
                error=run.error,
                link=f"{base_url}/api/runs/{run.run_id}",
            )
            for run in failed[:MOST_TABLES]
        ),
        link=f"{base_url}/api/orders/{order_id}",
        rerun=f"{base_url}/api/runs/{order_id}/rerun",
        id=f"{order_id}-failed-{attempt}",
        page=f"{base_url}/api/",
        rows=first.rows if first else None,
        at=record.ended_at,
    )


def compose_held_alert(record: OrderRecord, held: Sequence[RunRecord], base_url: str) -> Alert:
    """Say which bounds are held back, since when and by whom; nothing failed and nothing is lost."""
    order_id, first = record.order.order_id, held[0]
    more = f" and of {len(held) - 1} more" if len(held) > 1 else ""
    return Alert(
        title=f"Tidemark: the bound of {first.table}{more} is held back",
        text=(
            f"{first.table}{more}: {first.bound.held_back}. Nothing is lost: what lies above the "
            "bound is read with every load until that transaction ends."
        ),
        status="held_back",
        order_id=order_id,
        table=first.table,
        run_id=first.run_id,
        error=None,
        failed=0,
        tables=(),
        link=f"{base_url}/api/orders/{order_id}",
        rerun=None,
        held=tuple(
            HeldTable(
                table=run.table,
                run_id=run.run_id,
                since=run.bound.held_back_since or "",
                seconds=run.bound.held_back_seconds or 0,
                by=run.bound.held_back_by,
                link=f"{base_url}/api/runs/{run.run_id}",
            )
            for run in held[:MOST_TABLES]
        ),
        id=f"{order_id}-held_back-{record.order.attempt}",
        page=f"{base_url}/api/",
        rows=first.rows,
        at=record.ended_at,
    )


def compose_unread_alert(record: OrderRecord, unread: Sequence[RunRecord], base_url: str) -> Alert:
    """Say of which files nothing landed: overwritten before they could be read, or not readable."""
    order_id, first = record.order.order_id, unread[0]
    more = f" and of {len(unread) - 1} more tables" if len(unread) > 1 else ""
    return Alert(
        title=f"Tidemark: {record.unread} files of {first.table}{more} did not land",
        text=(
            f"{first.table}{more}: what could be read has landed. {'; '.join(first.findings)}. "
            "A file that could not be read is a dead letter; repair the cause and replay it."
        ),
        status="unread",
        order_id=order_id,
        table=first.table,
        run_id=first.run_id,
        error=None,
        failed=0,
        tables=(),
        link=f"{base_url}/api/runs/{first.run_id}",
        rerun=None,
        id=f"{order_id}-unread-{record.order.attempt}",
        page=f"{base_url}/api/",
        rows=first.rows,
        at=record.ended_at,
    )


def compose_refresh_alert(record: RefreshRecord, base_url: str) -> Alert:
    """Say that the lakehouse was not brought up to date, why, and where to look."""
    error = record.error
    why = f"{error.type}: {error.message}" if error else "no cause was recorded"
    return Alert(
        title=f"Tidemark: refresh {record.number} of the lakehouse failed",
        text=f"{record.runs} runs of {record.tables} tables wait in {record.path}. {why}",
        order_id=None,
        table=None,
        run_id=None,
        error=error,
        failed=record.tables,
        tables=(),
        link=record.run_page or f"{base_url}/api/refreshes/{record.number}",
        rerun=f"{base_url}/api/refreshes",
        refresh=record.number,
        id=f"refresh-{record.number}-{record.attempt}",
        page=f"{base_url}/api/",
        at=record.ended_at,
    )


def with_runbook(alert: Alert, runbook: str | None) -> Alert:
    """Let an alert lead to the entry of the runbook of its error, or else of its status."""
    if runbook is None:
        return alert
    name = alert.error.type if alert.error else alert.status
    return replace(alert, runbook=f"{runbook}#{name.lower()}")


def _sentence(table: str | None, failed: int, error: Failure | None) -> str:
    more = f" and {failed - 1} more" if failed > 1 else ""
    why = f"{error.type}: {error.message}" if error else "no cause was recorded"
    return f"{table or 'the order'}{more} failed. {why}"
