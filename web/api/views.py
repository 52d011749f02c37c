"""How orders, runs, tables and backfills look as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.catalog import TableSpec
from shared.loading.order import Order
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark
from shared.operations.freshness import Fresh, age_of, freshest, later
from shared.operations.lag import lag_seconds
from shared.operations.records import OrderRecord, RunRecord, WindowRecord


def view_accepted(order: Order, base: str) -> dict[str, Any]:
    """Answer to everything that was ordered."""
    return {
        "order_id": order.order_id,
        "state": "queued",
        "tables": list(order.tables),
        "links": _order_links(order, base),
    }


def view_order(record: OrderRecord, runs: Sequence[RunRecord], base: str) -> dict[str, Any]:
    """An order with all its tables; one without a run yet is queued."""
    order = record.order
    by_table = {run.table: run for run in runs}
    return {
        "order_id": order.order_id,
        "state": record.state,
        "mode": order.mode,
        "reason": order.reason,
        "attempt": order.attempt,
        "created_at": order.created_at,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "error": msgspec.to_builtins(record.error),
        "alert": record.alert,
        "cancel_requested": record.cancel_requested,
        "tables": [_view_table_of_order(name, by_table.get(name), base) for name in order.tables],
        "links": _order_links(order, base),
    }


def view_run(run: RunRecord, base: str) -> dict[str, Any]:
    """One run, with links to itself, its order and its rerun."""
    view = msgspec.to_builtins(run)
    view["links"] = {
        "self": f"{base}/api/runs/{run.run_id}",
        "order": f"{base}/api/orders/{run.order_id}",
        "rerun": f"{base}/api/runs/{run.run_id}/rerun",
    }
    return view


def view_backfill(
    record: OrderRecord, windows: Sequence[WindowRecord], base: str
) -> dict[str, Any]:
    """A backfill, window by window."""
    order = record.order
    period = order.backfill
    done = sum(window.state == "succeeded" for window in windows)
    return {
        "order_id": order.order_id,
        "table": order.tables[0],
        "state": record.state,
        "from": period.start if period else None,
        "to": period.end if period else None,
        "cancel_requested": record.cancel_requested,
        "attempt": order.attempt,
        "created_at": order.created_at,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "error": msgspec.to_builtins(record.error),
        "progress": {"done": done, "total": len(windows)},
        "windows": [_view_window(window) for window in windows],
        "links": _order_links(order, base),
    }


def view_table(
    spec: TableSpec,
    turn: Turn,
    watermark: Watermark | None,
    runs: Sequence[RunRecord],
    now: datetime,
    *,
    fresh: Fresh | None = None,
) -> dict[str, Any]:
    """One table: how far it is, who loads it, how it went lately."""
    return {
        "table": spec.name,
        "source": spec.source.name,
        "target": spec.target,
        "key": list(spec.key),
        "watermark_kind": spec.cursor.kind,
        "schedule": spec.schedule,
        "state": _state(turn, runs),
        "watermark": msgspec.to_builtins(watermark) if watermark else None,
        "lag_seconds": lag_seconds(spec, watermark.position if watermark else None, now),
        "freshness": _freshness(spec, runs, fresh, now),
        "held_back": _held_back(runs),
        "loading": turn.holder,
        "requested": turn.requested,
        "served": turn.served,
        "runs": [msgspec.to_builtins(run) for run in runs],
    }


def _view_table_of_order(name: str, run: RunRecord | None, base: str) -> dict[str, Any]:
    if run is None:
        return {"table": name, "state": "queued"}
    return {
        "table": name,
        "run_id": run.run_id,
        "state": run.state,
        "outcome": run.outcome,
        "rows": run.rows,
        "files": run.files,
        "bytes": run.bytes,
        "watermark_before": run.watermark_before,
        "watermark_after": run.watermark_after,
        "error": msgspec.to_builtins(run.error),
        "repairs": msgspec.to_builtins(run.repairs),
        "link": f"{base}/api/runs/{run.run_id}",
    }


def _view_window(window: WindowRecord) -> dict[str, Any]:
    return {
        "number": window.number,
        "from": window.start,
        "to": window.end,
        "nulls": window.span.nulls,
        "state": window.state,
        "run_id": window.run_id,
        "error": msgspec.to_builtins(window.error),
    }


def _order_links(order: Order, base: str) -> dict[str, str]:
    kind = "backfills" if order.mode == "backfill" else "orders"
    return {
        "status": f"{base}/api/{kind}/{order.order_id}",
        "rerun": f"{base}/api/runs/{order.order_id}/rerun",
    }


def _state(turn: Turn, runs: Sequence[RunRecord]) -> str:
    if turn.holder is not None:
        return "committing" if turn.claim else "running"
    return runs[0].state if runs else "never_loaded"


def _freshness(
    spec: TableSpec, runs: Sequence[RunRecord], known: Fresh | None, now: datetime
) -> dict[str, Any] | None:
    """Say how old a table is and may be; null where nothing is asked of it."""
    seen = freshest(runs).get(spec.name)
    age = age_of(spec, later(known, seen) if seen else known, now)
    return msgspec.to_builtins(age) if age else None


def _held_back(runs: Sequence[RunRecord]) -> dict[str, Any] | None:
    """Say what kept the last load from calling more of the table done; None if nothing did."""
    bound = runs[0].bound if runs else None
    if bound is None or not bound.held_back_seconds:
        return None
    return {
        "since": bound.held_back_since,
        "seconds": bound.held_back_seconds,
        "by": bound.held_back_by,
    }
