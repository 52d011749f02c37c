# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001
# Reads the SDK's task and action objects, which have no public face; see replay.py.
"""The order in which the durable extension carries out what an orchestrator asked for.

The SDK hands the extension the list of all yields since the start. The
extension goes through it one by one and waits for each before it looks at the
next (`OutOfProcOrchestrationShim.ProcessAsyncActionsV2` in
github.com/Azure/azure-functions-durable-extension): for all members of a
`task_all`, failed or not, and for one of those members of a `task_any` that
were new in it. The SDK alone does not wait, so a host without this walk would
run orchestrations faster than Azure and hide that they get stuck there.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from azure.durable_functions.models.actions.Action import Action as SdkAction
from azure.durable_functions.models.actions.CallActivityAction import CallActivityAction
from azure.durable_functions.models.actions.CallActivityWithRetryAction import (
    CallActivityWithRetryAction,
)
from azure.durable_functions.models.actions.CallSubOrchestratorAction import (
    CallSubOrchestratorAction,
)
from azure.durable_functions.models.actions.CallSubOrchestratorWithRetryAction import (
    CallSubOrchestratorWithRetryAction,
)
from azure.durable_functions.models.actions.CompoundAction import CompoundAction
from azure.durable_functions.models.actions.ContinueAsNewAction import ContinueAsNewAction
from azure.durable_functions.models.actions.CreateTimerAction import CreateTimerAction
from azure.durable_functions.models.actions.NoOpAction import NoOpAction
from azure.durable_functions.models.actions.WaitForExternalEventAction import (
    WaitForExternalEventAction,
)
from azure.durable_functions.models.actions.WhenAnyAction import WhenAnyAction
from azure.durable_functions.models.Task import AtomicTask, LongTimerTask, RetryAbleTask

from local.functions_host.errors import NotSupported
from local.functions_host.history import CREATIONS, Event, EventType, completed_task
from local.functions_host.turn import Action, CallActivity, CallChild, SetTimer

_ACTIVITY = (CallActivityAction, CallActivityWithRetryAction)
_CHILD = (CallSubOrchestratorAction, CallSubOrchestratorWithRetryAction)
_IMITATED = (*_ACTIVITY, *_CHILD, CreateTimerAction, WaitForExternalEventAction)


class Walk:
    """One walk over an orchestrator's yields.

    Args:
        tasks: every task the SDK has numbered in this replay.
        events: the whole history, this episode's included.
        now: the orchestrator's current time.
        over: the orchestrator has returned or raised; the SDK read no events after that.
    """

    def __init__(
        self, tasks: list[AtomicTask], events: list[Event], *, now: datetime, over: bool
    ) -> None:
        self._now = now
        self._over = over
        self._by_action = {id(task.action_repr): task for task in tasks}
        self._numbered = {task.id: task for task in tasks if isinstance(task.id, int)}
        self._attempts: dict[int, list[AtomicTask]] = defaultdict(list)
        for task in tasks:
            if isinstance(task.parent, RetryAbleTask):
                self._attempts[id(task.parent)].append(task)
        self._known = {e["EventId"]: e for e in events if e["EventType"] in CREATIONS}
        self._ended: set[int | str | None] = {completed_task(e) for e in events}
        self._ended |= {e["Name"] for e in events if e["EventType"] == EventType.EVENT_RAISED}
        self._reached: dict[int, AtomicTask] = {}
        self.continued_with: str | None = None
        self.arrived = False

    def follow(self, actions: list[SdkAction]) -> None:
        """Go through the yields up to the first that has not ended.

        Afterwards `arrived` says whether there is none, and `continued_with`
        holds the input (JSON text) of a continue_as_new that was reached.

        Raises:
            NotSupported: one of them is an entity or an HTTP call.
        """
        for action in actions:
            for leaf in _leaves(action):
                self._reach(leaf)
            if not self._has_ended(action):
                return
        self.arrived = True

    def actions(self) -> tuple[Action, ...]:
        """What was reached and is not in the history yet, in the order of the numbers."""
        new = sorted(self._reached.keys() - self._known.keys())
        return tuple(self._action(number) for number in new)

    def cancelled_timers(self) -> tuple[int, ...]:
        """Timers that are set and that the orchestrator does not want any more."""
        waiting = (self._known.keys() & self._reached.keys()) - self._ended
        return tuple(sorted(n for n in waiting if _is_cancelled(self._reached[n])))

    def divergence(self) -> str | None:
        """Why the extension would call this replay non-deterministic; None if it would not."""
        for number, event in sorted(self._known.items()):
            task = self._numbered.get(number)
            now = "nothing" if task is None else _describe(task)
            if now != _describe_event(event):
                return (
                    f"Non-Deterministic workflow detected: task {number} was "
                    f"{_describe_event(event)} when it was scheduled, and is {now} in this replay. "
                    "Was the orchestrator changed while it ran, or does it read a clock, "
                    "a random number or the environment?"
                )
        new = self._reached.keys() - self._known.keys()
        held = self._numbered.keys() - self._reached.keys() - self._known.keys()
        if new and held and min(held) < max(new):
            return (
                f"Non-Deterministic workflow detected: {_describe(self._reached[max(new)])} would "
                f"get the number that this SDK gave to {_describe(self._numbered[min(held)])}, "
                "which Azure does not schedule before an earlier yield has ended. Let the "
                "activities of a task_all or task_any answer with an outcome instead of failing, "
                "and retry them outside of it."
            )
        return None

    def _reach(self, leaf: SdkAction) -> None:
        if isinstance(leaf, ContinueAsNewAction):
            self.continued_with = leaf.input_
            return
        if not isinstance(leaf, _IMITATED):
            raise NotSupported(
                f"{type(leaf).__name__.removesuffix('Action')} is not imitated by the local host; "
                "activities, sub-orchestrations, timers and external events are"
            )
        task = self._by_action[id(leaf)]
        family = self._attempts[id(task.parent)] if _retried(task) else [task]
        self._reached |= {member.id: member for member in family if isinstance(member.id, int)}

    def _has_ended(self, action: SdkAction) -> bool:
        if isinstance(action, CompoundAction):
            members = [self._has_ended(member) for member in action.compound_tasks]
            return any(members) if isinstance(action, WhenAnyAction) and members else all(members)
        if isinstance(action, ContinueAsNewAction):
            return True
        task = self._by_action[id(action)]
        if isinstance(task.parent, RetryAbleTask):
            # An orchestrator that is over starts no further attempt; the one that runs is awaited.
            attempts = {member.id for member in self._attempts[id(task.parent)]}
            return task.parent.is_completed or (self._over and attempts <= self._ended)
        return task.is_completed or task.id in self._ended or _is_cancelled(task)

    def _action(self, number: int) -> Action:
        task = self._reached[number]
        own = task.action_repr
        if isinstance(own, NoOpAction) and isinstance(task.parent, RetryAbleTask):
            if _is_retry_timer(own):
                pause = task.parent.retry_options.first_retry_interval_in_milliseconds
                due = self._now + timedelta(milliseconds=pause)
                return SetTimer(task=number, due_at=due.timestamp())
            own = task.parent.actions
        if isinstance(own, _ACTIVITY):
            return CallActivity(task=number, name=own.function_name, input=own.input_)
        if isinstance(own, _CHILD):
            return CallChild(
                task=number,
                name=own.function_name,
                # The extension stores the SDK's JSON text as a JSON string.
                input=json.dumps(own._input),
                instance=own.instance_id,
                version=own.version,
            )
        if not isinstance(own, CreateTimerAction):
            raise NotSupported(f"{type(own).__name__} cannot be scheduled by the local host")
        at = own.fire_at if own.fire_at.tzinfo else own.fire_at.replace(tzinfo=UTC)
        return SetTimer(task=number, due_at=at.timestamp(), cancelled=_is_cancelled(task))


def _leaves(action: SdkAction) -> Iterator[SdkAction]:
    if isinstance(action, CompoundAction):
        for member in action.compound_tasks:
            yield from _leaves(member)
    else:
        yield action


def _retried(task: AtomicTask) -> bool:
    return isinstance(task.parent, RetryAbleTask)


def _is_retry_timer(action: NoOpAction) -> bool:
    return "timer" in (action.metadata or "")


def _is_cancelled(task: AtomicTask) -> bool:
    if isinstance(task.parent, LongTimerTask):
        return task.parent.action.is_cancelled
    return isinstance(task.action_repr, CreateTimerAction) and task.action_repr.is_cancelled


def _describe(task: AtomicTask) -> str:
    own = task.action_repr
    if isinstance(own, NoOpAction) and isinstance(task.parent, RetryAbleTask):
        if _is_retry_timer(own):
            return "a timer"
        own = task.parent.actions
    if isinstance(own, _ACTIVITY):
        return f"the activity {own.function_name!r}"
    if isinstance(own, _CHILD):
        return f"the sub-orchestration {own.function_name!r}"
    return "a timer"


def _describe_event(event: Event) -> str:
    if event["EventType"] == EventType.TASK_SCHEDULED:
        return f"the activity {event['Name']!r}"
    if event["EventType"] == EventType.SUB_ORCHESTRATION_INSTANCE_CREATED:
        return f"the sub-orchestration {event['Name']!r}"
    return "a timer"
