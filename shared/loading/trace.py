"""Places in a trace that are known before anything is written down there (W3C Trace Context).

Who begins a piece of work and who ends it are different processes, and either may be run twice. So the
id of a piece that others hang on is made of its name: everybody makes the same one, and a
repetition writes the same place again instead of another that nobody belongs to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

# https://www.w3.org/TR/trace-context/#traceparent-header: a later version may add to it.
_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_LONGEST = 512
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePlace:
    """One span as others name it: 32 and 16 hex digits, neither all zero."""

    trace_id: str
    span_id: str

    def __str__(self) -> str:
        """Give it as `traceparent`. What we tell is always recorded."""
        return f"00-{self.trace_id}-{self.span_id}-01"

    def child(self, name: str) -> TracePlace:
        """Give the place of a named piece of work in the same trace."""
        return TracePlace(trace_id=self.trace_id, span_id=span_id_of(name))


def read_place(text: object) -> TracePlace | None:
    """Read a `traceparent`; None of what is none: a caller's mistake stops no load."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    found = _FORM.fullmatch(text.strip())
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return TracePlace(trace_id=found[1], span_id=found[2])


def span_id_of(name: str) -> str:
    """Make the id of a span whose name, in all of time, is given to one piece of work."""
    return sha256(f"span {name}".encode()).hexdigest()[:_SPAN_DIGITS]


def trace_id_of(name: str) -> str:
    """Make the id of a trace that begins with a piece of work."""
    return sha256(f"trace {name}".encode()).hexdigest()[:_TRACE_DIGITS]


def place_of_order(order_id: str, attempt: int, asked: str) -> TracePlace:
    """Give an order's place; `asked` is the `traceparent` of who asked for it, or empty."""
    caller = read_place(asked)
    trace_id = caller.trace_id if caller else trace_id_of(f"order {order_id}")
    return TracePlace(trace_id=trace_id, span_id=span_id_of(f"order {order_id} {attempt}"))


def above_order(order_id: str, attempt: int, asked: str) -> str | None:
    """Give the id of the span that an order's hangs on: its caller's, or that of its first attempt."""
    caller = read_place(asked)
    if caller is not None:
        return caller.span_id
    return span_id_of(f"order {order_id} 1") if attempt > 1 else None


def place_of_run(run_id: str, attempt: int, order: TracePlace) -> TracePlace:
    """Give a run's place below its order's."""
    return order.child(f"run {run_id} {attempt}")


def place_of_handover(number: int, created_at: str, first: str) -> TracePlace:
    """Give a hand-over's place: in the trace of the first run that it hands over, if that has one."""
    name = f"hand-over {number} {created_at}"
    above = read_place(first)
    trace_id = above.trace_id if above else trace_id_of(name)
    return TracePlace(trace_id=trace_id, span_id=span_id_of(name))


def place_of_job(number: int, attempt: int, handover: TracePlace) -> TracePlace:
    """Give the place of the job run that carries out a hand-over in an attempt."""
    return handover.child(f"job of {handover.span_id} {number} {attempt}")
