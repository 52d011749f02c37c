"""Events that say which trace they belong to, and what is told of their being taken in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from time import time_ns
from typing import Any

from shared.loading.trace import TracePlace, read_place
from shared.operations.ordering import Start
from shared.runtime.wiring import App
from shared.telemetry import measures
from shared.telemetry.facts import asked_by
from shared.telemetry.span import Span, new_place

TakeIn = Callable[[App, Sequence[str]], Start | None]


def take_told(app: App, kind: str, bodies: Sequence[str], take: TakeIn) -> Start | None:
    """Take events in; an order that they ask for goes on in the trace of the first that has one.

    Each of the others is told in its own trace, with a link to the order.
    """
    places = [found for body in bodies if (found := _place_in(body))]
    began = time_ns()
    with asked_by(str(places[0]) if places else None):
        start = take(app, bodies)
    app.telemetry.measure(measures.EVENTS, len(bodies), {measures.KIND: kind})
    for place in places:
        app.telemetry.tell(_span(kind, place, start, began))
    return start


def _place_in(body: str) -> TracePlace | None:
    if '"traceparent"' not in body:
        return None
    found: Any = json.loads(body)
    return read_place(found.get("traceparent"))


def _span(kind: str, place: TracePlace, start: Start | None, began: int) -> Span:
    return Span(
        name="event",
        place=new_place(place),
        above=place.span_id,
        began=began,
        ended=time_ns(),
        attributes={
            "tidemark.kind": kind,
            **({"tidemark.order_id": start.order.order_id} if start else {}),
        },
        links=(str(start.order.place),) if start else (),
        kind="consumer",
    )
