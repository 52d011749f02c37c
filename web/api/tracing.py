"""Events that say which trace they belong to, and what is told of their being taken in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from time import time_ns
from typing import Any

from shared.loading.trace import TracePlace, read_place
from shared.operations.ordering import Start
from shared.runtime.wiring import App
from shared.telemetry.facts import asked_by
from shared.telemetry.telemetry import SILENT

TakeIn = Callable[[App, Sequence[str]], Start | None]


def take_told(app: App, kind: str, bodies: Sequence[str], take: TakeIn) -> Start | None:
    """Take events in; an order that they ask for goes on in the trace of the first that has one.

    Each of the others is told in its own trace, with a link to the order.
    """
    places = [found for body in bodies if (found := _place_in(body))]
    began = time_ns()
    with asked_by(str(places[0]) if places else None):
        start = take(app, bodies)
    if app.telemetry is not SILENT:
        _tell(app, kind, len(bodies), places=places, start=start, began=began)
    return start


def _place_in(body: str) -> TracePlace | None:
    if '"traceparent"' not in body:
        return None
    found: Any = json.loads(body)
    return read_place(found.get("traceparent"))


def _tell(
    app: App,
    kind: str,
    events: int,
    *,
    places: Sequence[TracePlace],
    start: Start | None,
    began: int,
) -> None:
    # Imported here: only for whom telemetry is set.
    from shared.telemetry import measures  # noqa: PLC0415
    from shared.telemetry.span import Span, new_place  # noqa: PLC0415

    app.telemetry.measure(measures.EVENTS, events, {measures.KIND: kind})
    order = {"tidemark.order_id": start.order.order_id} if start else {}
    for place in places:
        app.telemetry.tell(
            Span(
                name="event",
                place=new_place(place),
                above=place.span_id,
                began=began,
                ended=time_ns(),
                attributes={"tidemark.kind": kind, **order},
                links=(str(start.order.place),) if start else (),
                kind="consumer",
            )
        )
