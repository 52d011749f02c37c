"""One piece of work as a trace shows it, and where it hangs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Literal

from shared.loading.trace import TracePlace

Attribute = str | int | float | bool
Kind = Literal["internal", "server", "consumer"]

# Every name that a span can have, and what it is; lakehouse/ tells the last two.
SPANS = {
    "event": "An event that was taken in: beside the order that it asked for",
    "order": "An order in one attempt, from being asked for to its end",
    "load_table": "A table's run in one attempt, from its turn to its end",
    "open_order": "A step",
    "take_turn": "A step; told once, when the turn is given or nothing is left to do",
    "plan_load": "A step: look at the source, fix the bound, cut slices",
    "extract_slice": "A step: read a slice and land it in staging, with its receipt",
    "judge_quality": "A step: receipts add up, and rules hold",
    "claim_commit": "A step",
    "publish": "A step: one rename into bronze",
    "advance_watermark": "A step",
    "end_turn": "A step",
    "close_order": "A step",
    "raise_alert": "A step",
    "plan_backfill": "A step: cut the period into windows",
    "next_windows": "A step",
    "close_windows": "A step",
    "hand_over": "A hand-over to the lakehouse, in the trace of its first run",
    "handed_over": "In the trace of every other run: which hand-over took it along, as a link",
    "start_refresh": "A step",
    "observe_refresh": "A step; told once, when the job run has ended",
    "repair_refresh": "A step",
    "close_refresh": "A step",
    "alert_refresh": "A step",
    "job_run": "The job run of one attempt of a hand-over, from its start to its end",
    "silver_table": "A table brought level with a hand-over, told by the job",
    "gold_table": "A table of a gold model brought level, told by the job",
}


# Every attribute that a span can have, without `tidemark.` before it, beside `error.type`.
ATTRIBUTES = (
    *("order_id", "run_id", "table", "slice", "epoch", "step", "attempt", "handover"),
    *("mode", "state", "outcome", "bound", "answer", "decision", "idle", "part", "run_no"),
    *("rows", "files", "bytes", "slices", "tables", "failed", "runs", "releases"),
    *("reason", "kind", "job_run_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Work that has ended. `began` and `ended` are nanoseconds since 1970, UTC.

    `above` is the id of the span that it hangs on, None of a trace's first. `error` is the type of
    what failed; its text is not told. `links` are places in other traces, as `traceparent`.
    """

    name: str
    place: TracePlace
    above: str | None
    began: int
    ended: int
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    links: tuple[str, ...] = ()
    error: str | None = None
    kind: Kind = "internal"


def new_place(above: TracePlace) -> TracePlace:
    """Give a place that nobody else names: that of one execution, on which nothing hangs."""
    return TracePlace(trace_id=above.trace_id, span_id=token_hex(8))


def nanoseconds_of(stamp: str) -> int:
    """Give a time in ISO 8601 as nanoseconds since 1970. Without a zone it is UTC."""
    moment = datetime.fromisoformat(stamp)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000
