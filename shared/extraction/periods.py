"""Periods: how what a backfill is to load again is cut into the spans that are read one by one."""

from __future__ import annotations

from shared.catalog import TableSpec
from shared.extraction.source import Session, TableShape
from shared.loading.cursor import CursorType, cursor_type
from shared.loading.errors import BadOrder
from shared.loading.order import BackfillSpec
from shared.loading.slices import count_parts, tile_span
from shared.loading.span import Span
from shared.loading.windows import cut_windows, default_window, step_below


def cut_period(
    session: Session, spec: TableSpec, shape: TableShape, period: BackfillSpec, position: str
) -> tuple[Span, ...]:
    """Cut a period into spans, oldest first; `position` is the watermark.

    Without an end it goes up to the watermark, this value included. Without a start it begins before
    the lowest value and is cut by rows, as nobody knows how far apart the lowest values lie. With
    neither it is all that is loaded, and the rows without a cursor value come last.

    Raises:
        BadOrder: there is no value in the period, or it makes too many windows.
    """
    cursor = find_cursor_type(spec, shape)
    if period.start is not None:
        size = period.window or default_window(cursor, spec.slices.rows)
        end = period.end or step_above(cursor, position)
        windows = cut_windows(cursor, start=period.start, end=end, window=size)
        if not windows:
            raise BadOrder(f"from: there is no value between {period.start} and {end}")
        return tuple(window.span(cursor) for window in windows)
    whole = Span(upto=position if period.end is None else step_below(period.end, cursor))
    parts = count_parts(session.estimate(spec, whole), spec.slices.rows)
    spans = tile_span(whole, session.cut(spec, whole, parts))
    if period.end is None and spec.nulls == "include" and session.observe(spec).has_nulls:
        spans += (Span(nulls=True),)
    return spans


def check_backfill(spec: TableSpec) -> None:
    """Raise BadOrder where a table has nothing to cut a period by, or cannot be asked for an upper end."""
    match spec.cursor.kind:
        case "none":
            raise BadOrder(
                f"{spec.name} has no cursor (watermark kind none): nothing to backfill by"
            )
        case "change_tracking":
            raise BadOrder(
                f"{spec.name} is loaded by change tracking, which numbers changes and not rows: no "
                "period of rows can be told from it; order an initial load, or a reconciliation"
            )
        case _:
            pass
    rest = spec.rest
    if rest is not None and (rest.incremental is None or rest.incremental.until is None):
        raise BadOrder(
            f"{spec.name}: a backfill needs a parameter for its upper end "
            "(`rest: {incremental: {until: ...}}`)"
        )


def find_cursor_type(spec: TableSpec, shape: TableShape) -> CursorType:
    """Give the type of a table's cursor as its column stands. Raises CursorUnsound if it has none."""
    return cursor_type(spec.cursor.kind, resolution=shape.resolution, zoned=shape.zoned)


def step_above(cursor: CursorType, value: str) -> str:
    """Give the next value that the cursor's column can hold."""
    return cursor.format(cursor.parse(value) + cursor.step)
