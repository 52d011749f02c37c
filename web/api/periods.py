"""Positions and periods as they are asked for, checked against the table that they are meant for."""

from __future__ import annotations

from shared.catalog import TableSpec
from shared.loading.cursor import cursor_type
from shared.loading.errors import BadOrder, CursorUnsound
from shared.loading.order import BackfillSpec
from shared.loading.windows import cut_windows, default_window
from shared.runtime.wiring import App
from web.api.problems import FieldError, bad_request, conflict


def check_period(app: App, table: str, period: BackfillSpec) -> None:
    """Refuse what can be seen to be wrong with a backfill before anything is written. Raises Problem."""
    spec = app.table(table)
    if spec.cursor.kind == "none":
        message = f"{spec.name} has no cursor (watermark kind none): nothing to backfill by"
        raise bad_request(FieldError(field="table", message=message))
    low = count_position(spec, "from", period.start)
    high = count_position(spec, "to", period.end)
    watermark = app.states.watermark(spec.name)
    if watermark is None:
        raise conflict(f"{spec.name} has no watermark yet: load it first")
    cursor = cursor_type(spec.cursor.kind, resolution=None, zoned=None)
    if low >= high:
        raise bad_request(FieldError(field="from", message="must lie before `to`"))
    if high > cursor.parse(watermark.position):
        message = f"lies above the watermark {watermark.position}; a backfill ends at it at most"
        raise bad_request(FieldError(field="to", message=message))
    size = period.window or default_window(cursor, spec.slices.rows)
    try:
        cut_windows(cursor, start=period.start, end=period.end, window=size)
    except BadOrder as error:
        raise bad_request(FieldError(field="window", message=str(error))) from error


def count_position(spec: TableSpec, field: str, text: str) -> int:
    """Count a position in a table's cursor. Raises Problem, naming the field."""
    try:
        return cursor_type(spec.cursor.kind, resolution=None, zoned=None).parse(text)
    except CursorUnsound as error:
        message = f"{error} ({spec.name} has watermark kind {spec.cursor.kind})"
        raise bad_request(FieldError(field=field, message=message)) from error
