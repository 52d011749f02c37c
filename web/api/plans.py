"""What a load or a backfill would do: the route that shows it, and how it looks as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from shared.extraction.planning import PlanBasis
from shared.loading.errors import BadOrder, MaskKeyMissing
from shared.loading.order import BackfillSpec, TableOrder, new_order_id
from shared.loading.span import Observation
from shared.operations.preview import Preview, PreviewedSlice, preview_load, stop_preview
from shared.runtime.wiring import App
from web.api import bodies
from web.api.exchange import Answer, Request
from web.api.periods import check_period, count_position


def post_plans(app: App, request: Request) -> Answer:
    """Show what a load, or with a period a backfill, would do. Nothing is written anywhere."""
    body = bodies.read_plan(request.body, app.catalog)
    spec, period = app.table(body.table), None
    if spec.files is not None:
        raise BadOrder(
            f"{spec.name} is made of files, of which a load reads what is new: nothing to show"
        )
    if body.mode == "backfill":
        period = BackfillSpec(start=body.start, end=body.end, window="", parallel=1)
        check_period(app, body.table, period)
    if body.after is not None:
        count_position(spec, "after", body.after)
    turn, now = app.states.turn(spec.name), app.now()
    order = TableOrder(
        order_id=new_order_id(now, "000000"),
        table=spec.name,
        mode=body.mode,
        reason="request",
        after=body.after,
    )
    basis = PlanBasis(
        order=order,
        spec=spec,
        run_no=turn.epoch + 1,
        watermark=app.states.watermark(spec.name),
        published_run_no=turn.published_run_no,
        columns=turn.columns,
        marks=turn.marks,
        planned_at=now.isoformat(),
        set_aside=turn.set_aside,
        identity=turn.identity,
    )
    return Answer(body=view_preview(spec.name, _preview(app, basis, period), basis.planned_at))


def _preview(app: App, basis: PlanBasis, period: BackfillSpec | None) -> Preview:
    try:
        basis = replace(basis, mask_key=app.mask_key(basis.spec))
    except MaskKeyMissing as error:
        return stop_preview(basis, error)
    return preview_load(app.glances, basis, period)


def view_preview(table: str, preview: Preview, planned_at: str) -> dict[str, Any]:
    """A preview. Where the load would stop, nothing is said of slices and rows."""
    return {
        "table": table,
        "mode": preview.mode,
        "watermark_before": preview.watermark_before,
        "bound": msgspec.to_builtins(preview.bound),
        "found": _view_observation(preview.found) if preview.found else None,
        "columns": msgspec.to_builtins(preview.columns),
        "drift": list(preview.drift),
        "stops": msgspec.to_builtins(preview.stops),
        "slices": [_view_slice(each) for each in preview.slices],
        "estimated_rows": None if preview.stops else preview.estimated_rows,
        "planned_at": planned_at,
    }


def _view_observation(seen: Observation) -> dict[str, Any]:
    return {
        "clock": seen.clock,
        "max_cursor": seen.max_cursor,
        "has_nulls": seen.has_nulls,
        "oldest_open": seen.oldest_open,
        "sessions_hidden": seen.sessions_hidden,
        "holders": msgspec.to_builtins(seen.holders),
    }


def _view_slice(each: PreviewedSlice) -> dict[str, Any]:
    return {
        "number": each.part.number,
        "after": each.part.span.after,
        "upto": each.part.span.upto,
        "nulls": each.part.span.nulls,
        "by_key": each.part.span.by_key,
        "estimated_rows": each.estimated_rows,
        "sql": each.statement.sql,
        "values": dict(each.statement.values),
    }
