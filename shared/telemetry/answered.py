"""A step's execution as whoever watches is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One execution of a step, with its input and answer as plain JSON.

    The answer's one key is `gave`, `again`, `busy` or `refused`, as `shared.durable.answering` says.
    `began` and `ended` are nanoseconds since 1970, UTC. `facts` are those of the log.
    """

    step: str
    given: Mapping[str, Any]
    answer: Mapping[str, Any]
    traceparent: str | None
    facts: Mapping[str, Any]
    began: int
    ended: int

    @property
    def how(self) -> str:
        """The answer's kind."""
        return next(kind for kind in ("gave", "again", "busy", "refused") if kind in self.answer)

    @property
    def gave(self) -> Mapping[str, Any]:
        """What it gave; empty if it gave nothing."""
        return self.answer.get("gave") or {}

    @property
    def error(self) -> str | None:
        """The type of what went wrong, None if nothing did."""
        failure = self.answer.get(self.how) if self.how != "gave" else None
        return failure["type"] if failure else None


class Watcher(Protocol):
    """Told of every execution before its answer leaves: should the worker die, it is repeated and told again."""

    def __call__(self, answered: Answered) -> None:
        """Take one execution."""
        ...
