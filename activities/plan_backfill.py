"""Cut the period of a backfill into windows and write them down."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.extraction.periods import check_backfill, cut_period, find_cursor_type, step_above
from shared.landing import paths
from shared.landing.discretion import discreet
from shared.landing.plans import store_spans
from shared.loading.errors import BadOrder
from shared.loading.order import Order
from shared.loading.span import Span
from shared.operations.records import WindowRecord, begin
from shared.runtime import wiring


@implements(steps.plan_backfill)
def plan_backfill(order: Order) -> Order:
    """Write the windows once; a resumed or repeated backfill finds them and what is left of them."""
    app = wiring.app()
    at = app.now().isoformat()
    app.ledger.change_order(order.order_id, lambda record: begin(record, order.attempt, at))
    # An execution that died may have written some of them: what is there keeps its state.
    known = {window.number for window in app.ledger.windows(order.order_id)}
    windows = _windows(app, order)
    app.ledger.write_windows(order.order_id, [w for w in windows if w.number not in known])
    return order


def _windows(app: wiring.App, order: Order) -> list[WindowRecord]:
    spec, period = app.table(order.tables[0]), order.backfill
    watermark = app.states.watermark(spec.name)
    if period is None or watermark is None:
        raise BadOrder("a backfill needs a period, and a table that has been loaded")
    check_backfill(spec)
    with discreet(spec), app.sources.open(spec, app.states.turn(spec.name).columns) as session:
        shape = session.shape(spec)

        def cut() -> tuple[Span, ...]:
            return cut_period(session, spec, shape, period, watermark.position)

        if period.start is None or period.end is None:
            # What is open hangs on the moment at which it is looked at, so that is done once.
            path = paths.periods_file(spec.target, spec.name, order.order_id)
            spans = store_spans(app.lake, path, cut)
        else:
            spans = cut()
    cursor = find_cursor_type(spec, shape)
    return [
        WindowRecord(
            number=number,
            part=number // period.parallel + 1,
            start=None if span.after is None else step_above(cursor, span.after),
            end=None if span.upto is None else step_above(cursor, span.upto),
            span=span,
        )
        for number, span in enumerate(spans)
    ]
