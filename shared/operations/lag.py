"""How far a watermark lies behind."""

from __future__ import annotations

from datetime import datetime

from shared.catalog import TableSpec
from shared.loading.cursor import SECOND, cursor_type, parse_clock


def lag_seconds(spec: TableSpec, position: str | None, now: datetime) -> float | None:
    """Give the seconds between a watermark and now (UTC); None for cursors that do not count time in UTC."""
    if position is None or spec.cursor.kind != "timestamp" or spec.cursor.clock != "utc":
        return None
    reached = cursor_type("timestamp", resolution=None, zoned=None).parse(position)
    return round((parse_clock(now.isoformat(sep=" ")) - reached) / SECOND, 3)
