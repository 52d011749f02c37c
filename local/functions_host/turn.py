"""What one replay asks of the host: plain values, free of the SDK."""

from dataclasses import dataclass, field
from typing import TypeAlias

from local.functions_host.history import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CallActivity:
    """Run an activity; `input` is JSON text."""

    task: int
    name: str
    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChild:
    """Start a sub-orchestration; without an `instance` the host chooses the id."""

    task: int
    name: str
    input: str
    instance: str | None
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer:
    """Ring at `due_at` (POSIX seconds), or never when it was cancelled before it was set."""

    task: int
    due_at: float
    cancelled: bool = False


Action: TypeAlias = CallActivity | CallChild | SetTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The orchestrator returned; `output` is JSON text."""

    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The orchestrator raised, or cannot go on."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuedAsNew:
    """The orchestrator begins anew; `unread` are external events it has not read yet."""

    input: str
    unread: tuple[Event, ...]


Outcome: TypeAlias = Completed | Failed | ContinuedAsNew


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Everything one replay leads to; without an outcome the orchestration waits."""

    actions: tuple[Action, ...] = ()
    cancelled_timers: tuple[int, ...] = ()
    custom_status: str | None = None
    outcome: Outcome | None = field(default=None)
