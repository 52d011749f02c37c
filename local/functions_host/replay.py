# pyright: reportPrivateUsage=false, reportIncompatibleMethodOverride=false
# pyright: reportAttributeAccessIssue=false, reportFunctionMemberAccess=false
# pyright: reportArgumentType=false, reportUnnecessaryContains=false
# ruff: noqa: SLF001
# The SDK annotates its attributes loosely and has no public face for the host's side of a replay: this module is the one that knows
# its insides (azure-functions-durable 1.7), and tests/local/functions_host/test_replay.py guards
# what it relies on.
"""One replay of an orchestrator by azure-functions-durable, and what the host must do after it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.durable_functions import DurableOrchestrationContext
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent
from azure.durable_functions.models.Task import AtomicTask, TaskBase
from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor

from local.functions_host.errors import NotSupported
from local.functions_host.history import Event, EventType
from local.functions_host.turn import Completed, ContinuedAsNew, Failed, Outcome, Turn
from local.functions_host.walk import Walk

_ERROR_MARK = "\n\n$OutOfProcData$:"

# Sent by the extension for the Azure Storage provider; longer timers are cut into pieces.
_LONGEST_TIMER = "6.00:00:00"
_TIMER_PIECE = "3.00:00:00"
_SCHEMA_VERSION = 2

# What the SDK keeps under names of its own.
_CORE = frozenset({"EventType", "EventId", "Timestamp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchestration:
    """What an orchestrator is told: who it is, its input (JSON text) and all its events."""

    instance: str
    parent: str | None
    input: str
    events: list[Event] = field(repr=False)


class _Event(HistoryEvent):
    """A history event without `dateutil`, which takes five sixths of a replay's CPU time."""

    def __init__(self, source: Event) -> None:
        self.source = source
        self._event_type = source["EventType"]
        self._event_id = source["EventId"]
        self._is_played = False
        self._timestamp = datetime.fromisoformat(source["Timestamp"])
        self._is_processed = False
        self.Name = self.InstanceId = self.TaskScheduledId = None
        self.Reason = self.Details = self.Input = None
        self.__dict__.update((key, source[key]) for key in source.keys() - _CORE)


class _Context(DurableOrchestrationContext):
    """Remembers every task in the order in which the SDK numbered it."""

    def __init__(self, **fields: Any) -> None:
        self.tasks: list[AtomicTask] = []
        super().__init__(**fields)

    def _add_to_open_tasks(self, task: TaskBase) -> None:
        if isinstance(task, AtomicTask) and not task._is_scheduled:
            self.tasks.append(task)
        super()._add_to_open_tasks(task)


class _Executor(TaskOrchestrationExecutor):
    """Keeps count of the external events that nobody has read."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: list[_Event] = []
        self._met: set[int] = set()

    def left(self, events: Iterable[_Event]) -> list[_Event]:
        """Give the external events that were not read: the SDK looks at none behind the end."""
        raised = [event for event in events if event.event_type == EventType.EVENT_RAISED]
        return self.unread + [event for event in raised if id(event) not in self._met]

    def set_task_value(self, event: _Event, is_success: bool, id_key: str) -> None:  # noqa: FBT001  the SDK's signature
        if event.event_type != EventType.EVENT_RAISED:
            super().set_task_value(event, is_success, id_key)
            return
        self._met.add(id(event))
        if event.Name in self.context.open_tasks:
            if event in self.unread:
                self.unread.remove(event)
            super().set_task_value(event, is_success, id_key)
        else:
            # What the SDK does for an event before its time, without the warning
            # about a duplicate completion, which a test run would turn into a failure.
            self.unread.append(event)
            self.context.deferred_tasks[event.Name] = lambda: self.set_task_value(
                event, is_success, id_key
            )


def replay(handle: Callable[..., Any], orchestration: Orchestration) -> Turn:
    """Run an orchestrator over its history and say what follows from it.

    Args:
        handle: the user function of an orchestration trigger, as the SDK's decorator left it.
        orchestration: begins with ORCHESTRATOR_STARTED and EXECUTION_STARTED.
    """
    context = _context(handle, orchestration)
    executor = _Executor()
    try:
        text = executor.execute(context, context.histories, handle.orchestrator_function)
        error = None
    except Exception as raised:  # noqa: BLE001  the boundary to the user's code: the failure is its outcome
        error, _, text = str(raised).partition(_ERROR_MARK)
    state: dict[str, Any] = json.loads(text) if text else {}
    over = error is not None or state["isDone"]
    walk = Walk(context.tasks, orchestration.events, now=context.current_utc_datetime, over=over)
    try:
        walk.follow(context._actions[0])
    except NotSupported as refusal:
        return Turn(outcome=Failed(message=str(refusal)))
    if divergence := walk.divergence():
        return Turn(outcome=Failed(message=divergence))
    custom_status = state.get("customStatus")
    return Turn(
        actions=walk.actions(),
        cancelled_timers=walk.cancelled_timers(),
        custom_status=None if custom_status is None else json.dumps(custom_status),
        outcome=_outcome(walk, error, state, executor.left(context.histories))
        if over and walk.arrived
        else None,
    )


def _outcome(walk: Walk, error: str | None, state: dict[str, Any], unread: list[_Event]) -> Outcome:
    if error is not None:
        return Failed(message=error)
    if walk.continued_with is not None:
        return ContinuedAsNew(
            # The extension stores the SDK's JSON text as a JSON string.
            input=json.dumps(walk.continued_with),
            unread=tuple(event.source for event in unread),
        )
    return Completed(output=json.dumps(state.get("output")))


def _context(handle: Callable[..., Any], orchestration: Orchestration) -> _Context:
    context = _Context(
        # The constructor wants the first two; the rest comes without its slow parser.
        history=[dict(event, IsPlayed=False) for event in orchestration.events[:2]],
        instanceId=orchestration.instance,
        isReplaying=False,
        parentInstanceId=orchestration.parent,
        input=json.loads(orchestration.input),
        upperSchemaVersion=1,
        upperSchemaVersionNew=_SCHEMA_VERSION,
        maximumShortTimerDuration=_LONGEST_TIMER,
        longRunningTimerIntervalDuration=_TIMER_PIECE,
    )
    context._input_expected_type = getattr(handle, "_df_input_type", None)
    context.histories[:] = [_Event(event) for event in orchestration.events]
    return context
