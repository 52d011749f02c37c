"""What is told of each execution of a step: a span of its own, how long it took, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.loading.trace import read_place
from shared.telemetry import measures
from shared.telemetry.answered import Answered
from shared.telemetry.span import Attribute, Span, new_place
from shared.telemetry.telemetry import Telemetry

SECOND = 1_000_000_000
# What an answer says that is worth a look; none of it is of a row.
_TOLD = ("rows", "files", "bytes", "slices", "mode", "run_no", "decision", "state", "idle", "part")
# A refusal that is no fault: somebody cancelled the load.
_NO_FAULT = "LoadCancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWatch:
    """Tells of every execution. Repeated, a step is another span beside the first: none hangs on it."""

    telemetry: Telemetry

    def __call__(self, answered: Answered) -> None:
        """Tell of one execution."""
        self._measure(answered)
        above = read_place(answered.traceparent)
        if above is None or _only_waits(answered):
            return
        error = answered.error
        self.telemetry.tell(
            Span(
                name=answered.step,
                place=new_place(above),
                above=above.span_id,
                began=answered.began,
                ended=answered.ended,
                attributes=_attributes(answered),
                error=None if error == _NO_FAULT else error,
            )
        )

    def _measure(self, answered: Answered) -> None:
        step, how, error = answered.step, answered.how, answered.error
        by = {measures.STEP: step, measures.ANSWER: how}
        seconds = (answered.ended - answered.began) / SECOND
        self.telemetry.measure(measures.STEP_DURATION, seconds, by)
        if how in ("again", "busy"):
            self.telemetry.measure(
                measures.STEP_RETRIES, 1, {**by, measures.ERROR: error or "unknown"}
            )
        elif error is not None and error != _NO_FAULT:
            by = {measures.STEP: step, measures.ERROR: error}
            self.telemetry.measure(measures.STEP_FAILURES, 1, by)


def _only_waits(answered: Answered) -> bool:
    """Say whether it was a look that found nothing to do yet, of which there may be hundreds."""
    if answered.how == "busy":
        return True
    gave = answered.gave
    if answered.step == "take_turn":
        return bool(gave) and not (gave["taken"] or gave["served"] or gave["cancelled"])
    return answered.step == "observe_refresh" and gave.get("decision") == "wait"


def _attributes(answered: Answered) -> dict[str, Attribute]:
    said: Mapping[str, Any] = {
        name: answered.gave[name]
        for name in _TOLD
        if isinstance(answered.gave.get(name), bool | int | float | str)
    }
    bound = answered.gave.get("bound")
    if isinstance(bound, Mapping):
        said = {**said, "bound": str(bound.get("how"))}
    known = {**answered.facts, **said, "answer": answered.how}
    return {attribute_name(name): value for name, value in known.items() if name != "trace_id"}


def attribute_name(name: str) -> str:
    """Name an attribute of ours."""
    return f"tidemark.{name}"
