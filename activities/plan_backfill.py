"""Cut the period of a backfill into windows and write them down."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.loading.cursor import CursorType, cursor_type
from shared.loading.errors import BadOrder
from shared.loading.order import Order
from shared.loading.windows import cut_windows, default_window
from shared.operations.records import OrderRecord, WindowRecord
from shared.runtime import wiring


@implements(steps.plan_backfill)
def plan_backfill(order: Order) -> Order:
    """Write the windows once; a resumed or repeated backfill finds them and what is left of them."""
    app = wiring.app()
    started = app.now().isoformat()

    def begin(record: OrderRecord) -> OrderRecord:
        return replace(record, state="running", started_at=record.started_at or started)

    app.ledger.change_order(order.order_id, begin)
    # An execution that died may have written some of them: what is there keeps its state.
    known = {window.number for window in app.ledger.windows(order.order_id)}
    windows = _windows(app, order)
    app.ledger.write_windows(order.order_id, [w for w in windows if w.number not in known])
    return order


def _windows(app: wiring.App, order: Order) -> list[WindowRecord]:
    spec, period = app.table(order.tables[0]), order.backfill
    if period is None:
        raise BadOrder("a backfill needs from and to")
    with app.sources.open(spec) as session:
        shape = session.shape(spec)
    cursor: CursorType = cursor_type(
        spec.cursor.kind, resolution=shape.resolution, zoned=shape.zoned
    )
    size = period.window or default_window(cursor, spec.slices.rows)
    windows = cut_windows(cursor, start=period.start, end=period.end, window=size)
    return [
        WindowRecord(
            number=number,
            part=number // period.parallel + 1,
            start=window.start,
            end=window.end,
            span=window.span(cursor),
        )
        for number, window in enumerate(windows)
    ]
