"""The events of an orchestration's history, as the durable extension hands them to a worker.

The names and numbers are those of the Durable Task Framework's `EventType`
(github.com/Azure/durabletask), which is what the Python SDK reads.
"""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]


class EventType(IntEnum):
    """Kinds of history events."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_FAILED = 2
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_INSTANCE_CREATED = 7
    SUB_ORCHESTRATION_INSTANCE_COMPLETED = 8
    SUB_ORCHESTRATION_INSTANCE_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15


CREATIONS = frozenset(
    {
        EventType.TASK_SCHEDULED,
        EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
        EventType.TIMER_CREATED,
    }
)


def timestamp(at: float) -> str:
    """POSIX seconds as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(kind: EventType, at: float, **fields: Any) -> Event:
    """A history event that happened at `at` (POSIX seconds)."""
    return {"EventType": int(kind), "EventId": -1, "Timestamp": timestamp(at), **fields}


def completed_task(happened: Event) -> int | None:
    """The number of the task that an event completes; None for other events."""
    number = happened.get("TaskScheduledId", happened.get("TimerId"))
    return number if isinstance(number, int) else None
