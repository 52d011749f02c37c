"""One example for each of the API's larger bodies; a test holds them to their schemas."""

from __future__ import annotations

from typing import Any

_TABLE = "shop/public.orders"
_ORDER = "20260131T120000123Z-4f9c2a"
_RUN = f"{_ORDER}.shop.public.orders"
_HERE = "https://tidemark.example/api"
_BEFORE, _BOUND = "2026-01-31 11:00:00.000000", "2026-01-31 11:59:00.123455"
_HIGHEST, _CLOCK = "2026-01-31 11:59:58.204113", "2026-01-31 12:00:00.151002"
_MOVED_AT = "2026-01-31T12:00:00.910000+00:00"
_REASON = "The shop's database was restored from last night's backup."

_ACCEPTED: dict[str, Any] = {
    "order_id": _ORDER,
    "state": "queued",
    "tables": [_TABLE],
    "links": {"status": f"{_HERE}/orders/{_ORDER}", "rerun": f"{_HERE}/runs/{_ORDER}/rerun"},
}
_SETTLED: dict[str, Any] = {
    "value": _BOUND,
    "how": "settled",
    "held_back_since": None,
    "held_back_seconds": None,
    "held_back_by": None,
}
_ONE_RUN: dict[str, Any] = {
    "run_id": _RUN,
    "order_id": _ORDER,
    "table": _TABLE,
    "mode": "incremental",
    "state": "succeeded",
    "outcome": "loaded",
    "rows": 42,
    "files": 1,
    "bytes": 5120,
    "watermark_before": _BEFORE,
    "watermark_after": _BOUND,
    "bound": _SETTLED,
    "started_at": "2026-01-31T12:00:00.130000+00:00",
    "ended_at": _MOVED_AT,
    "attempt": 1,
    "error": None,
    "findings": [],
    "repairs": None,
    "unread": 0,
    "folder": f"bronze/shop/public.orders/run_id={_RUN}",
    "proof": {"level": "values", "rows": 43, "columns": 9},
    "links": {
        "self": f"{_HERE}/runs/{_RUN}",
        "order": f"{_HERE}/orders/{_ORDER}",
        "rerun": f"{_HERE}/runs/{_RUN}/rerun",
    },
}
_PLAN: dict[str, Any] = {
    "table": _TABLE,
    "mode": "incremental",
    "watermark_before": _BEFORE,
    "bound": _SETTLED,
    "found": {
        "clock": _CLOCK,
        "max_cursor": _HIGHEST,
        "has_nulls": False,
        "oldest_open": None,
        "sessions_hidden": False,
        "holders": [],
    },
    "columns": [
        {
            "name": "order_id",
            "source_type": "bigint",
            "lands": "int64",
            "nullable": False,
            "mask": "",
        },
        {
            "name": "updated_at",
            "source_type": "timestamp without time zone",
            "lands": "timestamp[us]",
            "nullable": True,
            "mask": "",
        },
    ],
    "drift": [],
    "stops": None,
    "slices": [
        {
            "number": 0,
            "after": _BEFORE,
            "upto": None,
            "nulls": False,
            "by_key": False,
            "estimated_rows": 40,
            "sql": (
                'SELECT "order_id", "updated_at" FROM "public"."orders" WHERE "updated_at" > $1'
            ),
            "values": {"1": _BEFORE},
        }
    ],
    "estimated_rows": 40,
    "planned_at": "2026-01-31T12:00:00.151002+00:00",
}
_CORRECTION: dict[str, Any] = {
    "table": _TABLE,
    "watermark": {
        "version": 8,
        "position": "2026-01-30 22:00:00.000000",
        "how": "settled",
        "run_id": None,
        "moved_at": "2026-01-31T12:30:00.000000+00:00",
        "by": "set",
        "reason": _REASON,
    },
    "before": {
        "version": 7,
        "position": _BOUND,
        "how": "settled",
        "run_id": _RUN,
        "moved_at": _MOVED_AT,
        "by": "load",
        "reason": None,
    },
    "links": {"table": f"{_HERE}/tables/{_TABLE}"},
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "LoadRequest": {"tables": [_TABLE]},
    "PlanRequest": {"table": _TABLE},
    "BackfillRequest": {
        "table": _TABLE,
        "from": "2026-01-01",
        "to": "2026-01-15",
        "window": "1d",
        "parallel": 2,
    },
    "ReconciliationRequest": {"table": _TABLE, "compare": "rows"},
    "RefreshRequest": {"release": [{"table": _TABLE, "key": {"order_id": 7}}]},
    "WatermarkRequest": {"position": "2026-01-30 22:00:00", "reason": _REASON},
    "RollbackRequest": {"version": 6, "reason": _REASON},
    "Accepted": _ACCEPTED,
    "Run": _ONE_RUN,
    "Plan": _PLAN,
    "Correction": _CORRECTION,
    "Problem": {
        "type": "urn:tidemark:problem:bad-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "Correct: tabels",
        "errors": [{"field": "tabels", "message": "is not known; did you mean tables?"}],
    },
}
