"""Records that the tests of operations are written with."""

from dataclasses import replace
from typing import Any

from memory_ledger import Office

from shared.loading.errors import Failure
from shared.loading.order import BackfillSpec, Order
from shared.loading.order import run_id as name_run
from shared.loading.span import Span
from shared.operations.records import OrderRecord, RunRecord, WindowRecord

A, B, C = "crm/dbo.A", "crm/dbo.B", "crm/dbo.C"
PERIOD = BackfillSpec(start="2025-01-01", end="2025-02-01", window="1d", parallel=2)
FAILURE = Failure(type="QueryRefused", message="no such column", remedy="mend it")


def run(order: Order, table: str, **fields: Any) -> RunRecord:
    """Record a run of an order's table; succeeded unless told otherwise."""
    usual = RunRecord(
        run_id=name_run(order.order_id, table),
        order_id=order.order_id,
        table=table,
        mode=order.mode,
        state="succeeded",
        outcome="loaded",
        started_at="2026-01-01T00:00:00+00:00",
    )
    return replace(usual, **fields)


def window(number: int, **fields: Any) -> WindowRecord:
    """Record a window of a backfill; two of them are a part."""
    usual = WindowRecord(
        number=number, part=number // 2 + 1, start=str(number), end=str(number + 1), span=Span()
    )
    return replace(usual, **fields)


def close(office: Office, order_id: str, **fields: Any) -> OrderRecord:
    """Let an order end; failed unless told otherwise."""
    return office.ledger.change_order(
        order_id, lambda record: replace(record, **{"state": "failed", **fields})
    )
