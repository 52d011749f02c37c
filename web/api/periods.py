"""Positions and periods as they are asked for, checked against the table that they are meant for."""

from __future__ import annotations

from shared.catalog import TableSpec
from shared.extraction.periods import check_backfill, step_above
from shared.loading.cursor import cursor_type
from shared.loading.errors import BadOrder, CursorUnsound
from shared.loading.order import BackfillSpec
from shared.loading.windows import cut_windows, default_window
from shared.runtime.wiring import App
from web.api.problems import FieldError, bad_request, conflict


def check_period(app: App, table: str, period: BackfillSpec) -> None:
    """Refuse what can be seen to be wrong with a backfill before anything is written. Raises Problem."""
    spec = app.table(table)
    try:
        check_backfill(spec)
    except BadOrder as error:
        raise bad_request(FieldError(field="table", message=str(error))) from error
    low = None if period.start is None else count_position(spec, "from", period.start)
    high = None if period.end is None else count_position(spec, "to", period.end)
    watermark = app.states.watermark(spec.name)
    if watermark is None:
        raise conflict(f"{spec.name} has no watermark yet: load it first")
    cursor = cursor_type(spec.cursor.kind, resolution=None, zoned=None)
    if low is not None and high is not None and low >= high:
        raise bad_request(FieldError(field="from", message="must lie before `to`"))
    stands = count_position(spec, "table", watermark.position)
    if high is not None and high > stands:
        message = f"lies above the watermark {watermark.position}; a backfill ends at it at most"
        raise bad_request(FieldError(field="to", message=message))
    if low is None or period.start is None:
        return
    if high is None and low > stands:
        message = f"lies above the watermark {watermark.position}, up to which is loaded again"
        raise bad_request(FieldError(field="from", message=message))
    size = period.window or default_window(cursor, spec.slices.rows)
    try:
        end = period.end or step_above(cursor, watermark.position)
        cut_windows(cursor, start=period.start, end=end, window=size)
    except BadOrder as error:
        raise bad_request(FieldError(field="window", message=str(error))) from error


def count_position(spec: TableSpec, field: str, text: str) -> int:
    """Count a position in a table's cursor. Raises Problem, naming the field."""
    try:
        return cursor_type(spec.cursor.kind, resolution=None, zoned=None).parse(text)
    except CursorUnsound as error:
        message = f"{error} ({spec.name} has watermark kind {spec.cursor.kind})"
        raise bad_request(FieldError(field=field, message=message)) from error
