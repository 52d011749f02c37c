"""Carries out what a replay asked for, inside the transaction of its episode."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from local.functions_host.errors import InstanceExists
from local.functions_host.history import Event, EventType, event, timestamp
from local.functions_host.hub import TaskHub
from local.functions_host.instances import Instance, RuntimeStatus
from local.functions_host.lifecycle import new_execution
from local.functions_host.turn import (
    Action,
    CallActivity,
    CallChild,
    Completed,
    ContinuedAsNew,
    Failed,
    Outcome,
    SetTimer,
    Turn,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The functions an orchestrator may call."""

    orchestrators: Collection[str]
    activities: Collection[str]
    default_version: str | None


class Settlement:
    """The effects of one turn.

    Afterwards `wake` names the instances with something new to read, `timers`
    the times (POSIX seconds) at which this instance is to be woken, and
    `calls_activities` says whether activities wait to be run.
    """

    def __init__(
        self, hub: TaskHub, vocabulary: Vocabulary, instance: Instance, now: float
    ) -> None:
        self._hub = hub
        self._vocabulary = vocabulary
        self._instance = instance
        self._now = now
        self.wake: list[str] = []
        self.timers: list[float] = []
        self.calls_activities = False

    def settle(self, turn: Turn, position: int, fresh: list[Event]) -> None:
        """Write a turn down.

        Args:
            turn: what the replay led to.
            position: how many events the history has.
            fresh: the events that the replay was about.
        """
        if turn.custom_status is not None:
            self._hub.instances.set_custom_status(self._instance.id, turn.custom_status)
        if turn.outcome is not None:
            self._close(turn.outcome, position, fresh)
        elif (absent := self._absent(turn.actions)) is not None:
            self._close(Failed(message=absent), position, fresh)
        else:
            scheduled = [self._schedule(action) for action in turn.actions]
            rest = event(EventType.ORCHESTRATOR_COMPLETED, self._now)
            self._append(position, [*fresh, *scheduled, rest])
            for task in turn.cancelled_timers:
                self._hub.mailbox.remove_timer(self._instance.id, self._instance.execution, task)
            self._mark_running()

    def _mark_running(self) -> None:
        # A suspension that came while the orchestrator ran stays.
        status = self._instance.status
        if status is RuntimeStatus.PENDING:
            status = RuntimeStatus.RUNNING
        self._hub.instances.set_status(self._instance.id, status, self._now)

    def _append(self, position: int, events: list[Event]) -> None:
        self._hub.mailbox.append_history(self._instance.id, position, events)

    def _close(self, outcome: Outcome, position: int, fresh: list[Event]) -> None:
        lifecycle, instance = self._hub.lifecycle, self._instance
        match outcome:
            case Completed():
                last = event(EventType.EXECUTION_COMPLETED, self._now, Result=outcome.output)
                self._append(position, [*fresh, last])
                self.wake += lifecycle.complete(instance, outcome.output, self._now)
            case Failed():
                last = event(EventType.EXECUTION_FAILED, self._now, Reason=outcome.message)
                self._append(position, [*fresh, last])
                self.wake += lifecycle.fail(instance, outcome.message, self._now)
            case ContinuedAsNew():
                lifecycle.continue_as_new(instance, outcome.input, self._now)
                for unread in outcome.unread:
                    # At the time it was raised: before those that came later.
                    raised_at = datetime.fromisoformat(unread["Timestamp"]).timestamp()
                    self._hub.mailbox.post(instance.id, unread, due_at=raised_at)
                self.wake.append(instance.id)

    def _absent(self, actions: tuple[Action, ...]) -> str | None:
        for action in actions:
            match action:
                case CallActivity() if action.name not in self._vocabulary.activities:
                    return _no_such("activity", action.name, self._vocabulary.activities)
                case CallChild() if action.name not in self._vocabulary.orchestrators:
                    return _no_such("orchestrator", action.name, self._vocabulary.orchestrators)
                case _:
                    pass
        return None

    def _schedule(self, action: Action) -> Event:
        match action:
            case CallActivity():
                self._hub.mailbox.schedule(
                    self._instance.id,
                    self._instance.execution,
                    action.task,
                    action.name,
                    action.input,
                )
                self.calls_activities = True
                return self._creation(EventType.TASK_SCHEDULED, action.task, Name=action.name)
            case CallChild():
                return self._begin(action)
            case SetTimer():
                return self._set(action)

    def _begin(self, call: CallChild) -> Event:
        child = Instance(
            id=call.instance or f"{self._instance.execution}:{call.task:04x}",
            execution=new_execution(),
            name=call.name,
            version=call.version or self._vocabulary.default_version,
            input=call.input,
            status=RuntimeStatus.PENDING,
            created_at=self._now,
            updated_at=self._now,
            parent=self._instance.id,
            parent_execution=self._instance.execution,
            parent_task=call.task,
        )
        try:
            self._hub.lifecycle.begin(child)
            self.wake.append(child.id)
        except InstanceExists as refusal:
            self._refuse(call.task, str(refusal))
        return self._creation(
            EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
            call.task,
            Name=call.name,
            InstanceId=child.id,
        )

    def _refuse(self, task: int, reason: str) -> None:
        refusal = event(
            EventType.SUB_ORCHESTRATION_INSTANCE_FAILED,
            self._now,
            TaskScheduledId=task,
            Reason=reason,
            Details=None,
        )
        self._post(refusal, task, self._now)
        self.wake.append(self._instance.id)

    def _set(self, timer: SetTimer) -> Event:
        fire_at = timestamp(timer.due_at)
        if not timer.cancelled:
            fired = event(EventType.TIMER_FIRED, timer.due_at, TimerId=timer.task, FireAt=fire_at)
            self._post(fired, timer.task, timer.due_at)
            self.timers.append(timer.due_at)
        return self._creation(EventType.TIMER_CREATED, timer.task, FireAt=fire_at)

    def _post(self, message: Event, task: int, due_at: float) -> None:
        self._hub.mailbox.post(
            self._instance.id,
            message,
            due_at=due_at,
            execution=self._instance.execution,
            task=task,
        )

    def _creation(self, kind: EventType, task: int, **fields: str) -> Event:
        return event(kind, self._now, **fields) | {"EventId": task}


def _no_such(kind: str, name: str, known: Collection[str]) -> str:
    return (
        f"The function {name!r} does not exist or is not an {kind} function. "
        f"The app has: {', '.join(sorted(known)) or 'none'}."
    )
