"""The real orchestrator of a table's load, step by step, with the real activities behind its steps."""

from datetime import datetime
from typing import Any, cast

import msgspec
from modelled_stack import Stack

import activities
from orchestrators.extract_lane import extract_one_lane
from orchestrators.load_table import load_one_table
from shared.durable import Step, answering, protocol, steps
from shared.loading.order import TableOrder
from shared.operations.records import RunRecord

STEPS = {each.name: each for each in vars(steps).values() if isinstance(each, Step)}


class _Context:
    """As much of a Durable context as the flow asks for: what it schedules is carried out by the model."""

    def __init__(self, instance: str, stack: Stack) -> None:
        self.instance_id, self._stack = instance, stack
        self.anew: Any = None

    @property
    def current_utc_datetime(self) -> datetime:
        return self._stack.now()

    def call_activity(self, name: str, payload: Any) -> tuple[str, Any]:
        # As JSON, as it would travel.
        return name, msgspec.json.decode(msgspec.json.encode(payload))

    def call_sub_orchestrator(self, name: str, payload: Any, _instance: str) -> tuple[str, Any]:
        return name, msgspec.json.decode(msgspec.json.encode(payload))

    def create_timer(self, at: datetime) -> tuple[str, Any]:
        return "timer", at

    def continue_as_new(self, given: Any) -> None:
        self.anew = given


class Flow:
    """One load of the table as an orchestration: `wanted` is the activity (or timer) it waits for."""

    def __init__(self, order: TableOrder, instance: str, stack: Stack) -> None:
        self.order, self.instance, self._stack = order, instance, stack
        self.record: RunRecord | None = None
        self.ended = False
        self._begin()

    def _begin(self) -> None:
        self._context = _Context(self.instance, self._stack)
        self._body = load_one_table(self._context, self.order)  # type: ignore[arg-type]
        self.wanted: Any = next(self._body)

    def go_on(self, answer: Any) -> None:
        """Give the flow what it waits for."""
        try:
            self.wanted = self._body.send(answer)
        except StopIteration as stop:
            self.record, self.wanted, self.ended = stop.value, None, True
        except protocol._StartedOver:
            self._begin()


def carry_out(name: str, payload: Any) -> Any:
    """Run an activity as the worker does, and give its answer; a lane of slices at one stretch."""
    if name == steps.extract_lane.name:
        return _carry_out_lane(msgspec.convert(payload, steps.SliceLane))
    body = getattr(getattr(activities, name), name)
    answer = answering._answer(STEPS[name], body, payload)
    refused = answer.get("refused")
    assert refused is None or refused["type"] != "Unexpected", f"{name} broke: {refused}"
    return msgspec.json.decode(msgspec.json.encode(answer))


def _carry_out_lane(lane: steps.SliceLane) -> Any:
    body = extract_one_lane(cast("Any", _Context("lane", cast("Any", None))), lane)
    wanted: Any = next(body)
    while True:
        try:
            wanted = body.send(carry_out(*wanted))
        except StopIteration as stop:
            return msgspec.to_builtins(stop.value)
