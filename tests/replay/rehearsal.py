"""Drives orchestrators through the executor of azure-functions-durable, event by event.

Activities are answered by a script, children by rehearsals of their own. One event is given at a
time and the worst order is taken: whatever began last ends first.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from azure.durable_functions import DFApp, DurableOrchestrationContext
from azure.durable_functions.models.history import HistoryEvent
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType as Event
from azure.durable_functions.models.Task import AtomicTask
from azure.durable_functions.orchestrator import Orchestrator

import orchestrators  # noqa: F401 - registers the flows
from shared.durable import blueprint
from shared.durable.protocol import Flow, Step
from shared.loading.errors import Failure

START = datetime(2026, 1, 1, tzinfo=UTC)
MOST_EPISODES = 2_000
TIMER = "timer"

# Each episode reads the whole history again, and what takes longest in it are times that were read before.
_read_by = vars(sys.modules[HistoryEvent.__module__])
_read_by["dt_parse"] = cache(_read_by["dt_parse"])

_SCHEDULED = (Event.TASK_SCHEDULED, Event.TIMER_CREATED, Event.SUB_ORCHESTRATION_INSTANCE_CREATED)


class Broken(Exception):
    """What a script raises for a child or activity that the host could not bring to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something that an orchestrator has scheduled. `span` is a timer's, from its creation."""

    number: int
    name: str
    payload: Any = None
    instance: str | None = None
    span: timedelta | None = None


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """One run of an orchestrator to its end: what came out, what was done, and its history."""

    flow: str
    output: Any = None
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    done: list[Work] = field(default_factory=list[Work])
    peaks: dict[str, int] = field(default_factory=dict[str, int])
    generations: int = 1
    children: list["Rehearsal"] = field(default_factory=list["Rehearsal"])

    @property
    def names(self) -> list[str]:
        """What was scheduled, in order, timers included."""
        return [work.name for work in sorted(self.done, key=lambda work: work.number)]

    @property
    def steps(self) -> list[str]:
        """The activities and children that were scheduled, in order."""
        return [name for name in self.names if name != TIMER]

    @property
    def pauses(self) -> list[timedelta]:
        """The timers that were waited on, in order."""
        ordered = sorted(self.done, key=lambda work: work.number)
        return [work.span for work in ordered if work.span is not None]

    def given(self, name: str) -> list[Any]:
        """What one step or flow was called with, in order."""
        ordered = sorted(self.done, key=lambda work: work.number)
        return [work.payload for work in ordered if work.name == name]

    def every(self) -> list["Rehearsal"]:
        """This rehearsal and all below it."""
        return [self, *(below for child in self.children for below in child.every())]


def handles() -> Mapping[str, Any]:
    """Give every registered orchestrator by its name, as the worker would call it."""
    app = DFApp()
    app.register_functions(blueprint)
    found = {each.get_function_name(): each.get_user_function() for each in app.get_functions()}
    return {
        name: user.orchestrator_function
        for name, user in found.items()
        if hasattr(user, "orchestrator_function")
    }


_HANDLES = handles()

# Answers one call of an activity (or, if it knows the flow, of a child) with its result.
Script = Callable[[str, Any], Any]


def newest(open_work: list[Work]) -> Work:
    """Choose what began last."""
    return open_work[-1]


def oldest(open_work: list[Work]) -> Work:
    """Choose what began first."""
    return open_work[0]


def rehearse(
    flow: Flow[Any, Any],
    given: Any,
    script: Script,
    *,
    instance: str = "instance",
    choose: Callable[[list[Work]], Work] = newest,
) -> Rehearsal:
    """Run a flow to its end.

    `script` answers activities with what the step gives, a Failure for a refusal, or an envelope
    (`Again`, `Busy`); for a child it gives the flow's result, or None to have it rehearsed.
    """
    stage = _Stage(flow.name, msgspec.to_builtins(given), script, instance, choose)
    return stage.run()


@dataclass(frozen=True, slots=True)
class Again:
    """Answers an activity: a passing fault, after which the source asks for a pause in seconds."""

    failure: Failure
    pause: int = 0


@dataclass(frozen=True, slots=True)
class Busy:
    """Answers an activity: no connection is free."""

    failure: Failure


class _Stage:
    def __init__(
        self,
        flow: str,
        given: Any,
        script: Script,
        instance: str,
        choose: Callable[[list[Work]], Work],
    ) -> None:
        self._flow, self._script, self._instance, self._choose = flow, script, instance, choose
        self._now = START
        self._open: list[Work] = []
        self._result = Rehearsal(flow=flow)
        self._begin(given)

    def run(self) -> Rehearsal:
        for _ in range(MOST_EPISODES):
            state, tasks = play(self._flow, self._result.history, self._instance)
            if continued := continued_with(state):
                self._result.generations += 1
                self._open.clear()
                self._begin(json.loads(continued["input"]))
                continue
            if state["isDone"]:
                self._result.output = state["output"]
                return self._result
            self._schedule(tasks)
            self._finish()
        raise AssertionError(f"{self._flow} does not come to an end")

    def _begin(self, given: Any) -> None:
        self._result.history.clear()
        self._event(Event.ORCHESTRATOR_STARTED)
        text = json.dumps(given)
        self._event(Event.EXECUTION_STARTED, Name=self._flow, Version="", Input=text)

    def _schedule(self, tasks: Mapping[int, AtomicTask]) -> None:
        known = scheduled(self._result.history)
        for number in sorted(set(tasks) - set(known)):
            work = work_of(number, tasks[number], self._now)
            self._result.history.append(creation(work, self._now))
            self._open.append(work)
            self._result.done.append(work)
        for name in {work.name for work in self._open}:
            count = sum(work.name == name for work in self._open)
            self._result.peaks[name] = max(count, self._result.peaks.get(name, 0))

    def _finish(self) -> None:
        """Let one piece of work end, in an episode of its own."""
        work = self._choose(self._open)
        self._open.remove(work)
        if work.span is not None:
            self._now += work.span
        self._event(Event.ORCHESTRATOR_COMPLETED)
        self._event(Event.ORCHESTRATOR_STARTED)
        if work.span is not None:
            self._event(Event.TIMER_FIRED, TimerId=work.number, FireAt=_stamp(self._now))
            return
        child = work.instance is not None
        try:
            answer = json.dumps(self._child(work) if child else self._activity(work))
        except Broken as error:
            failed = Event.SUB_ORCHESTRATION_INSTANCE_FAILED if child else Event.TASK_FAILED
            self._event(failed, TaskScheduledId=work.number, Reason=str(error), Details="")
            return
        ended = Event.SUB_ORCHESTRATION_INSTANCE_COMPLETED if child else Event.TASK_COMPLETED
        self._event(ended, TaskScheduledId=work.number, Result=answer)

    def _activity(self, work: Work) -> Any:
        match self._script(work.name, work.payload):
            case Again(failure, pause):
                return {"again": msgspec.to_builtins(failure), "pause": pause}
            case Busy(failure):
                return {"busy": msgspec.to_builtins(failure)}
            case Failure() as failure:
                return {"refused": msgspec.to_builtins(failure)}
            case gave:
                return {"gave": msgspec.to_builtins(gave)}

    def _child(self, work: Work) -> Any:
        answer = self._script(work.name, work.payload)
        if answer is not None:
            return msgspec.to_builtins(answer)
        assert work.instance is not None
        stage = _Stage(work.name, work.payload, self._script, work.instance, self._choose)
        child = stage.run()
        self._result.children.append(child)
        return child.output

    def _event(self, kind: Event, **fields: Any) -> None:
        self._result.history.append(event(kind, self._now, **fields))


class _Context(DurableOrchestrationContext):
    """Remembers every task by the number that the SDK gave it."""

    def __init__(self, **fields: Any) -> None:
        self.numbered: dict[int, AtomicTask] = {}
        super().__init__(**fields)

    def _add_to_open_tasks(self, task: Any) -> None:
        super()._add_to_open_tasks(task)
        if isinstance(task, AtomicTask) and isinstance(task.id, int):
            self.numbered.setdefault(task.id, task)


def play(
    flow: str, history: list[dict[str, Any]], instance: str
) -> tuple[dict[str, Any], Mapping[int, AtomicTask]]:
    """Replay a history: the orchestrator's state, and every task it has asked for so far."""
    context = _Context(
        history=json.loads(json.dumps(history)),
        instanceId=instance,
        isReplaying=False,
        parentInstanceId=None,
        input=json.loads(history[1]["Input"]),
        upperSchemaVersion=1,
        upperSchemaVersionNew=2,
        maximumShortTimerDuration="6.00:00:00",
        longRunningTimerIntervalDuration="3.00:00:00",
    )
    state = json.loads(Orchestrator(_HANDLES[flow]).handle(context))
    return state, context.numbered


def continued_with(state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the action by which an orchestrator begins anew, None if it has not asked to."""
    flat = [action for actions in state["actions"] for action in actions]
    return next((action for action in flat if action["actionType"] == 4), None)


def scheduled(history: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Give the events of a history that say what was scheduled, by number."""
    return {each["EventId"]: each for each in history if each["EventType"] in _SCHEDULED}


def work_of(number: int, task: AtomicTask, now: datetime) -> Work:
    """Say what a task asks for."""
    action: Any = task.action_repr
    if hasattr(action, "fire_at"):
        return Work(number=number, name=TIMER, span=action.fire_at - now)
    raw = action.to_json()
    payload = json.loads(raw["input"])
    return Work(
        number=number, name=raw["functionName"], payload=payload, instance=raw.get("instanceId")
    )


def creation(work: Work, now: datetime) -> dict[str, Any]:
    """Make the event that says that work was scheduled."""
    if work.span is not None:
        fires = _stamp(now + work.span)
        return event(Event.TIMER_CREATED, now, EventId=work.number, FireAt=fires)
    fields = {"EventId": work.number, "Name": work.name, "Input": json.dumps(work.payload)}
    if work.instance is None:
        return event(Event.TASK_SCHEDULED, now, **fields)
    kind = Event.SUB_ORCHESTRATION_INSTANCE_CREATED
    return event(kind, now, **fields, InstanceId=work.instance)


def event(kind: Event, now: datetime, **fields: Any) -> dict[str, Any]:
    """Make an event of a history."""
    base = {"EventType": int(kind), "EventId": -1, "IsPlayed": False, "Timestamp": _stamp(now)}
    return {**base, **fields}


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def failure(kind: str = "QueryRefused") -> Failure:
    """Make a failure to answer with."""
    return Failure(type=kind, message="it broke", remedy="mend it")


def step_names() -> set[str]:
    """Name every step that is declared."""
    from shared.durable import steps  # noqa: PLC0415 - only for the one that asks

    return {value.name for value in vars(steps).values() if isinstance(value, Step)}
