"""The lakehouse's job by the Jobs API 2.2 (https://docs.databricks.com/api/workspace/jobs)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from databricks.sdk.core import ApiClient
from databricks.sdk.service.jobs import (
    JobsAPI,
    RepairHistoryItemType,
    Run,
    RunLifeCycleState,
    RunResultState,
    RunState,
    RunTask,
)

from shared.adapters.databricks.faults import translated
from shared.adapters.databricks.login import configure
from shared.lakehouse.errors import JobRefused, JobRunUnknown, JobUnknown
from shared.lakehouse.workspace import JobRun, Life, Result, TaskState

_ENDED = (RunLifeCycleState.TERMINATED, RunLifeCycleState.INTERNAL_ERROR)
_SUCCESS = (RunResultState.SUCCESS, RunResultState.SUCCESS_WITH_FAILURES)
_MOST_OUTPUTS = 3
_LONGEST_MESSAGE = 1_000


class DatabricksWorkspace:
    """Implements `shared.lakehouse.workspace.Workspace` for one job. The token is never shown."""

    def __init__(
        self, *, host: str, token: str | None, job_id: int, identity: Callable[[], Any]
    ) -> None:
        self._host, self._token, self._job_id, self._identity = host, token, job_id, identity

    def start(self, parameters: dict[str, str], token: str) -> int:
        """Start the job and give its run's id; one that has this token already is given instead."""
        with translated(JobUnknown):
            begun = self._jobs.run_now(
                self._job_id, job_parameters=parameters, idempotency_token=token
            )
            return int(begun.response.run_id or 0)

    def look(self, run_id: int) -> JobRun:
        """Look at a job run."""
        with translated(JobRunUnknown):
            run = self._jobs.get_run(run_id, include_history=True)
            return self._describe(run)

    def repair(self, run_id: int) -> None:
        """Run the tasks again that failed, and those after them."""
        with translated(JobRunUnknown):
            self._jobs.repair_run(run_id, rerun_all_failed_tasks=True)

    def cancel(self, run_id: int) -> None:
        """Ask a job run to end; one that has ended stays as it is."""
        with translated(JobRunUnknown):
            self._jobs.cancel_run(run_id)

    def ping(self) -> None:
        """Raise unless the workspace answers and has the job."""
        with translated(JobUnknown):
            self._jobs.get(self._job_id)

    @cached_property
    def _jobs(self) -> JobsAPI:
        return JobsAPI(ApiClient(configure(self._host, self._token, self._identity)))

    def _describe(self, run: Run) -> JobRun:
        life, result = _judge(run)
        return JobRun(
            run_id=int(run.run_id or 0),
            life=life,
            result=result,
            page=run.run_page_url,
            message=(run.state.state_message if run.state else None) or "",
            repairs=sum(
                each.type is RepairHistoryItemType.REPAIR for each in run.repair_history or ()
            ),
            tasks=self._tasks(run, told=result == "failed"),
        )

    def _tasks(self, run: Run, *, told: bool) -> tuple[TaskState, ...]:
        """Give the latest try of every task; of a failed run with what those that failed have said."""
        latest: dict[str, RunTask] = {}
        for task in run.tasks or ():
            known = latest.get(task.task_key)
            if known is None or (task.attempt_number or 0) >= (known.attempt_number or 0):
                latest[task.task_key] = task
        failed = [task for task in latest.values() if _result(task) is RunResultState.FAILED]
        asked = {task.task_key: self._output(task) for task in failed[:_MOST_OUTPUTS] if told}
        return tuple(
            TaskState(task=key, state=_word(task), message=asked.get(key, ""))
            for key, task in latest.items()
        )

    def _output(self, task: RunTask) -> str:
        try:
            with translated(JobRunUnknown):
                output = self._jobs.get_run_output(int(task.run_id or 0))
        except (JobRefused, JobRunUnknown) as error:
            return f"no output: {error}"
        return (output.error or "it says nothing of why")[:_LONGEST_MESSAGE]


def _judge(run: Run) -> tuple[Life, Result | None]:
    """Say where a run is. A repair that has just begun may show in the history first."""
    state = run.state or RunState()
    last = (run.repair_history or [None])[-1]
    if last is not None and last.type is RepairHistoryItemType.REPAIR and last.state is not None:
        state = last.state
    if state.life_cycle_state is RunLifeCycleState.SKIPPED:
        return "skipped", None
    if state.life_cycle_state not in _ENDED:
        return "active", None
    if state.result_state in _SUCCESS:
        return "ended", "success"
    cancelled = state.result_state is RunResultState.CANCELED
    return "ended", "cancelled" if cancelled else "failed"


def _result(task: RunTask) -> RunResultState | None:
    return task.state.result_state if task.state else None


def _word(task: RunTask) -> str:
    result = _result(task)
    if result is not None:
        return result.value
    life = task.state.life_cycle_state if task.state else None
    return life.value if life else "PENDING"
