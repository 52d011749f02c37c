"""Answers in the form of the API, as `web.api.views` writes them."""

from typing import Any

ORDER = "20260131T000000000Z-abcdef"
RUN = f"{ORDER}.spotify.dbo.DimUser"
TABLE = "spotify/dbo.DimUser"
OTHER = "spotify/dbo.DimTrack"
POSITION = "2026-01-31 00:00:00.1234567"
FAILURE = {
    "type": "SchemaDrifted",
    "message": "column plan is gone",
    "remedy": "Restore the column, then rerun.",
}


def accepted(kind: str = "orders") -> dict[str, Any]:
    return {
        "order_id": ORDER,
        "state": "queued",
        "tables": [TABLE],
        "links": {
            "status": f"http://127.0.0.1:1/api/{kind}/{ORDER}",
            "rerun": f"http://127.0.0.1:1/api/runs/{ORDER}/rerun",
        },
    }


def table_of_order(table: str = TABLE, state: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "table": table,
        "run_id": RUN,
        "state": state,
        "outcome": "loaded" if state == "succeeded" else None,
        "rows": 12345,
        "files": 1,
        "bytes": 2048,
        "watermark_before": None,
        "watermark_after": POSITION,
        "error": None,
        "link": f"http://127.0.0.1:1/api/runs/{RUN}",
    } | more


def order(state: str, *tables: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": ORDER,
        "state": state,
        "mode": "incremental",
        "reason": "request",
        "attempt": 1,
        "created_at": "2026-01-31T00:00:00+00:00",
        "started_at": "2026-01-31T00:00:01+00:00",
        "ended_at": "2026-01-31T00:02:05+00:00",
        "error": None,
        "alert": "none",
        "cancel_requested": False,
        "tables": list(tables),
        "links": accepted()["links"],
    }


def backfill(state: str, *windows: str, cancel_requested: bool = False) -> dict[str, Any]:
    return {
        "order_id": ORDER,
        "table": TABLE,
        "state": state,
        "from": "2026-01-01",
        "to": "2026-01-03",
        "cancel_requested": cancel_requested,
        "attempt": 1,
        "created_at": "2026-01-31T00:00:00+00:00",
        "started_at": None,
        "ended_at": None,
        "error": None,
        "progress": {"done": windows.count("succeeded"), "total": len(windows)},
        "windows": [
            {
                "number": number,
                "from": f"2026-01-{number + 1:02}",
                "to": f"2026-01-{number + 2:02}",
                "state": window,
                "run_id": None,
                "error": FAILURE if window == "failed" else None,
            }
            for number, window in enumerate(windows)
        ],
        "links": accepted("backfills")["links"],
    }


def run(state: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "run_id": RUN,
        "order_id": ORDER,
        "table": TABLE,
        "mode": "incremental",
        "state": state,
        "outcome": "loaded" if state == "succeeded" else None,
        "rows": 12345,
        "files": 2,
        "bytes": 3 * 1024 * 1024,
        "watermark_before": None,
        "watermark_after": POSITION,
        "bound": {"value": POSITION, "how": "settled", "held_back_since": None},
        "started_at": "2026-01-31T02:00:00+02:00",
        "ended_at": "2026-01-31T02:01:05+02:00",
        "attempt": 1,
        "error": None,
        "findings": [],
        "folder": "bronze/spotify/dbo.DimUser",
        "proof": {"level": "values", "rows": 12346, "columns": 7},
    } | more


def table(**more: Any) -> dict[str, Any]:
    return {
        "table": TABLE,
        "source": "spotify",
        "target": "bronze/spotify/dbo.DimUser",
        "key": ["user_id"],
        "watermark_kind": "timestamp",
        "schedule": None,
        "state": "succeeded",
        "watermark": {
            "position": POSITION,
            "how": "settled",
            "run_id": RUN,
            "moved_at": "2026-01-31T00:00:09+00:00",
            "version": 7,
            "overlap": None,
            "overlap_run_no": 0,
        },
        "lag_seconds": 7384.2,
        "loading": None,
        "requested": 3,
        "served": 3,
        "runs": [run()],
    } | more


def plan(**more: Any) -> dict[str, Any]:
    part = {
        "number": 0,
        "after": POSITION,
        "upto": None,
        "nulls": True,
        "estimated_rows": 12345,
        "sql": 'SELECT "user_id"\nFROM "dbo"."DimUser"\nWHERE "updated_at" > $1',
        "values": {"1": POSITION},
    }
    return {
        "table": TABLE,
        "mode": "incremental",
        "watermark_before": POSITION,
        "bound": {"value": POSITION, "how": "settled", "held_back_since": None},
        "found": {
            "clock": "2026-01-31 00:00:00.000000",
            "max_cursor": POSITION,
            "has_nulls": False,
            "oldest_open": None,
            "sessions_hidden": False,
        },
        "columns": [{"name": "user_id", "source_type": "int8"}],
        "drift": [],
        "stops": None,
        "slices": [part],
        "estimated_rows": 12345,
        "planned_at": "2026-01-31T00:00:00+00:00",
    } | more


def moved(version: int, **more: Any) -> dict[str, Any]:
    return {
        "version": version,
        "position": POSITION,
        "how": "settled",
        "run_id": RUN,
        "moved_at": "2026-01-31T00:00:09+00:00",
        "by": "load",
        "reason": None,
    } | more


def problem(status: int, detail: str, **errors: str) -> dict[str, Any]:
    return {
        "type": "urn:tidemark:problem:bad-request",
        "title": "Bad Request",
        "status": status,
        "detail": detail,
        "errors": [{"field": name, "message": text} for name, text in errors.items()],
    }
