"""The Workspace port: what a refresh asks of the place where the lakehouse's job runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Life = Literal["active", "skipped", "ended"]
Result = Literal["success", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task of a job run: its key, where it is as the workspace calls it, and why it failed."""

    task: str
    state: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """A job run as it stands. `result` is None until it has ended; `repairs` counts repairs begun.

    `page` is where people look at it, None if the workspace names none.
    """

    run_id: int
    life: Life
    result: Result | None = None
    page: str | None = None
    message: str = ""
    repairs: int = 0
    tasks: tuple[TaskState, ...] = ()


class Workspace(Protocol):
    """Raises WorkspaceUnavailable, WorkspaceRefused."""

    def start(self, parameters: dict[str, str], token: str) -> int:
        """Start the job and give its run's id; one that has this token already is given instead.

        Raises:
            JobUnknown: there is no such job.
        """
        ...

    def look(self, run_id: int) -> JobRun:
        """Look at a job run. Raises JobRunUnknown."""
        ...

    def repair(self, run_id: int) -> None:
        """Run the tasks again that failed, and those after them. Raises JobRefused, JobRunUnknown."""
        ...

    def cancel(self, run_id: int) -> None:
        """Ask a job run to end; one that has ended stays as it is. Raises JobRunUnknown."""
        ...

    def ping(self) -> None:
        """Raise unless the workspace answers and has the job."""
        ...
