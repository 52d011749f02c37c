"""Makes the alert of a failed order from the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from shared.alerting.alert import Alert, FailedTable
from shared.loading.errors import Failure
from shared.operations.records import OrderRecord, RunRecord

MOST_TABLES = 50


def compose_alert(record: OrderRecord, failed: Sequence[RunRecord], base_url: str) -> Alert:
    """Say what failed, why, and where to look."""
    order_id = record.order.order_id
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
    )


def _sentence(table: str | None, failed: int, error: Failure | None) -> str:
    more = f" and {failed - 1} more" if failed > 1 else ""
    why = f"{error.type}: {error.message}" if error else "no cause was recorded"
    return f"{table or 'the order'}{more} failed. {why}"
