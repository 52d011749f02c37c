"""For what a process works at the moment, so that every log line can say it."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from shared.loading.trace import read_place

# The fields that a log line has where they are known, in this order.
FACTS = (
    "order_id",
    "run_id",
    "table",
    "slice",
    "epoch",
    "step",
    "attempt",
    "handover",
    "trace_id",
)
# `shared.landing.paths.plan_file` makes such paths; what works by a plan is told no more.
_PLAN = re.compile(r"/_staging/(?P<run_id>[^/]+)/plan-(?P<epoch>[0-9]+)/")
_PARTS = ("order", "record", "claim")
_ALIKE = ("order_id", "run_id", "table", "attempt", "epoch")
_SLICES = "extract_slice"
_REFRESH = frozenset(
    {"start_refresh", "observe_refresh", "repair_refresh", "close_refresh", "alert_refresh"}
)

_asked: ContextVar[str] = ContextVar("asked", default="")
_now: ContextVar[Mapping[str, Any] | None] = ContextVar("facts", default=None)


def facts_now() -> Mapping[str, Any]:
    """Give what is known of the work that this thread is at."""
    return _now.get() or {}


@contextmanager
def working_on(facts: Mapping[str, Any]) -> Generator[None]:
    """Say what the work inside is for."""
    token = _now.set({**facts_now(), **facts})
    try:
        yield
    finally:
        _now.reset(token)


def asked_now() -> str:
    """Give the `traceparent` of who asks for what this thread is at, empty if that is not known."""
    return _asked.get()


@contextmanager
def asked_by(traceparent: str | None) -> Generator[None]:
    """Say who asks for the work inside; what is no `traceparent` says nothing."""
    place = read_place(traceparent)
    token = _asked.set(str(place) if place else "")
    try:
        yield
    finally:
        _asked.reset(token)


def facts_of(step: str, given: Mapping[str, Any], traceparent: str | None) -> dict[str, Any]:
    """Say for whom a step works, of its input alone. A late execution is known by nothing but this."""
    known: dict[str, Any] = {}
    for part in (given, *(given.get(name) or {} for name in _PARTS)):
        if isinstance(part, Mapping):
            known |= {name: part[name] for name in _ALIKE if name in part}
            found = _PLAN.search(str(part.get("plan") or part.get("staged") or ""))
            if found is not None:
                known = {"run_id": found["run_id"], "epoch": int(found["epoch"]), **known}
    if step == _SLICES:
        known["slice"] = given.get("number")
    if step in _REFRESH:
        # There the run is the workspace's, and the number that of the hand-over.
        known |= {"handover": given.get("number"), "run_id": None}
    run = known.get("run_id")
    if isinstance(run, str) and "order_id" not in known:
        known["order_id"] = run.partition(".")[0].partition("-g")[0]
    place = read_place(traceparent)
    if place is not None:
        known["trace_id"] = place.trace_id
    known["step"] = step
    return {name: known[name] for name in FACTS if known.get(name) is not None}
