"""Job runs as the workspace remembers them, and every change of them. Times are milliseconds, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Life = Literal["PENDING", "RUNNING", "TERMINATED", "SKIPPED"]
Result = Literal[
    "SUCCESS", "FAILED", "CANCELED", "UPSTREAM_FAILED", "MAXIMUM_CONCURRENT_RUNS_REACHED"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """One task of a run, in its latest try; `error` is the end of what a failed one wrote."""

    task_key: str
    run_id: int
    attempt: int = 0
    life: Life = "PENDING"
    result: Result | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """A run of a job. `repairs` are the ids of its repairs, `cancelled` says that it is to end."""

    run_id: int
    job_id: int
    token: str | None
    parameters: Mapping[str, str]
    tasks: tuple[TaskRun, ...]
    life: Life = "PENDING"
    result: Result | None = None
    message: str = ""
    repairs: tuple[int, ...] = ()
    cancelled: bool = False
    begun_at: int
    ended_at: int = 0

    @property
    def is_active(self) -> bool:
        """Whether it has not ended yet."""
        return self.life in ("PENDING", "RUNNING")

    def task(self, key: str) -> TaskRun:
        """Give a task by its key."""
        return next(task for task in self.tasks if task.task_key == key)


def change_task(run: JobRun, changed: TaskRun) -> JobRun:
    """Put a task in the place of the one of its key."""
    tasks = (changed if task.task_key == changed.task_key else task for task in run.tasks)
    return replace(run, life="RUNNING", tasks=tuple(tasks))


def end(run: JobRun, at: int) -> JobRun:
    """End a run: its result follows from its tasks."""
    results = {task.result for task in run.tasks}
    result: Result = "SUCCESS" if results == {"SUCCESS"} else "FAILED"
    if run.cancelled and result != "SUCCESS":
        result = "CANCELED"
    return replace(run, life="TERMINATED", result=result, ended_at=at)


def repair(run: JobRun, repair_id: int, task_runs: Mapping[str, int]) -> JobRun:
    """Let the tasks that did not succeed begin anew, under new run ids."""
    tasks = tuple(
        TaskRun(task_key=t.task_key, run_id=task_runs[t.task_key], attempt=t.attempt + 1)
        if t.result != "SUCCESS"
        else t
        for t in run.tasks
    )
    return replace(
        run,
        tasks=tasks,
        life="PENDING",
        result=None,
        ended_at=0,
        cancelled=False,
        repairs=(*run.repairs, repair_id),
    )
