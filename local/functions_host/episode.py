"""One episode of an orchestration: messages in, one replay, all its effects in one transaction."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.functions_host.clock import Clock
from local.functions_host.disturbance import Disturbance
from local.functions_host.history import Event, EventType, event
from local.functions_host.hub import TaskHub
from local.functions_host.instances import Instance, RuntimeStatus
from local.functions_host.mailbox import Message
from local.functions_host.replay import Orchestration, replay
from local.functions_host.settlement import Settlement, Vocabulary
from local.functions_host.turn import Failed, Turn

RUNNABLE = frozenset({RuntimeStatus.PENDING, RuntimeStatus.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What the engine must see to after an episode."""

    wake: tuple[str, ...] = ()  # instances with something new to read
    timers: tuple[float, ...] = ()  # POSIX seconds at which this instance is to be woken
    calls_activities: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What an episode begins with."""

    instance: Instance
    past: list[Event]
    fresh: list[Event]  # empty: nothing worth a replay
    read: list[int]  # numbers of the messages that are used up
    left: bool  # there are more


class Episodes:
    """Plays episodes. Not two of one instance at once: the caller sees to that."""

    def __init__(
        self,
        *,
        hub: TaskHub,
        clock: Clock,
        orchestrators: Mapping[str, Callable[..., Any]],
        vocabulary: Vocabulary,
        disturbance: Disturbance,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._orchestrators = orchestrators
        self._vocabulary = vocabulary
        self._disturbance = disturbance

    def play(self, instance_id: str) -> Effects:
        """Play one episode, if the instance has anything to do."""
        now = self._clock.now()
        with self._hub.database.transaction():
            reading = self._read(instance_id, now)
        if reading is None:
            return Effects()
        turn = self._replay(reading) if reading.fresh else None
        name = reading.instance.name
        self._disturbance.passes(f"episode played {name}")
        with self._hub.database.transaction():
            current = self._hub.instances.find(instance_id)
            if current is None or _is_over(current, reading.instance):
                return Effects()
            self._hub.mailbox.remove(reading.read)
            settlement = Settlement(self._hub, self._vocabulary, current, now)
            if turn is not None:
                settlement.settle(turn, len(reading.past), reading.fresh)
        self._disturbance.passes(f"episode committed {name}")
        return Effects(
            wake=(*settlement.wake, *([instance_id] if reading.left else [])),
            timers=tuple(settlement.timers),
            calls_activities=settlement.calls_activities,
        )

    def _read(self, instance_id: str, now: float) -> _Reading | None:
        instance = self._hub.instances.find(instance_id)
        if instance is None or instance.status not in RUNNABLE:
            return None
        past = self._hub.mailbox.history(instance_id)
        due = self._hub.mailbox.due(instance_id, now)
        # A completion for an earlier execution is read and left out.
        useful = [m for m in due if m.execution in (None, instance.execution)]
        taken = self._disturb(useful, instance, len(past))
        left = {message.number for message in useful} - {message.number for message in taken}
        fresh = [message.event for message in taken]
        if not past:
            fresh.insert(0, _start(instance, now))
        if fresh:
            fresh.insert(0, event(EventType.ORCHESTRATOR_STARTED, now))
        return _Reading(
            instance=instance,
            past=past,
            fresh=fresh,
            read=[message.number for message in due if message.number not in left],
            left=bool(left),
        )

    def _disturb(self, messages: list[Message], instance: Instance, position: int) -> list[Message]:
        if (seed := self._disturbance.shuffle_seed) is not None:
            messages = list(messages)
            order = random.Random(f"{seed}/{instance.id}/{position}")  # noqa: S311  a repeatable order, no secret
            order.shuffle(messages)
        return messages[:1] if self._disturbance.one_completion_per_replay else messages

    def _replay(self, reading: _Reading) -> Turn:
        instance = reading.instance
        handle = self._orchestrators.get(instance.name)
        if handle is None:
            message = f"The app has no orchestrator function {instance.name!r} any more."
            return Turn(outcome=Failed(message=message))
        orchestration = Orchestration(
            instance=instance.id,
            parent=instance.parent,
            input=instance.input,
            events=reading.past + reading.fresh,
        )
        return replay(handle, orchestration)


def _is_over(current: Instance, read: Instance) -> bool:
    """Whether the execution was terminated or replaced while its orchestrator ran."""
    return current.execution != read.execution or current.status.is_final


def _start(instance: Instance, now: float) -> Event:
    return event(
        EventType.EXECUTION_STARTED,
        now,
        Name=instance.name,
        Input=instance.input,
        Version=instance.version,
    )
