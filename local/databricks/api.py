"""The Jobs API 2.2, as far as Tidemark calls it (https://docs.databricks.com/api/workspace/jobs)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from local.databricks.errors import Refused, bad_request, no_such_run, wrong_state
from local.databricks.execution import Execution, now
from local.databricks.jobs import Job, Jobs
from local.databricks.runs import JobRun, TaskRun, repair
from local.databricks.store import Store
from local.databricks.views import view_job, view_output, view_run

Given = Mapping[str, Any]
_LONGEST_TOKEN = 64


class JobsApi:
    """Answers requests. `base` is the address that links begin with."""

    def __init__(self, store: Store, jobs: Jobs, execution: Execution, base: str) -> None:
        self._store, self._jobs, self._execution, self._base = store, jobs, execution, base
        self._routes: dict[tuple[str, str], Callable[[Given], dict[str, Any]]] = {
            ("GET", "get"): self._get_job,
            ("POST", "run-now"): self._run_now,
            ("GET", "runs/get"): self._get_run,
            ("GET", "runs/get-output"): self._get_output,
            ("POST", "runs/repair"): self._repair,
            ("POST", "runs/cancel"): self._cancel,
        }

    def answer(self, method: str, path: str, given: Given) -> dict[str, Any]:
        """Answer a request; `given` are its query and its body together. Raises Refused."""
        route = self._routes.get((method, path.removeprefix("/api/2.2/jobs/")))
        if route is None or not path.startswith("/api/2.2/jobs/"):
            message = f"No API found for '{method} {path}'"
            raise Refused(HTTPStatus.NOT_FOUND, "ENDPOINT_NOT_FOUND", message)
        return route(given)

    def _get_job(self, given: Given) -> dict[str, Any]:
        return view_job(self._jobs.job(_number(given, "job_id")))

    def _run_now(self, given: Given) -> dict[str, Any]:
        job = self._jobs.job(_number(given, "job_id"))
        token = given.get("idempotency_token")
        if token is not None and len(token) > _LONGEST_TOKEN:
            raise bad_request(f"The token has more than {_LONGEST_TOKEN} characters.")
        parameters = job.fill(cast("Mapping[str, str]", given.get("job_parameters") or {}))
        made: list[int] = []

        def make(active: int) -> JobRun:
            run = self._new_run(job, parameters, token, is_full=active >= job.max_concurrent_runs)
            made.append(run.run_id)
            return run

        run = self._store.open(make, job_id=job.job_id, token=token)
        if made and run.is_active:
            self._execution.begin(run.run_id)
        return {"run_id": run.run_id, "number_in_job": run.run_id}

    def _new_run(
        self, job: Job, parameters: Mapping[str, str], token: str | None, *, is_full: bool
    ) -> JobRun:
        run_id, *task_ids = self._store.new_ids(1 + len(job.tasks))
        return JobRun(
            run_id=run_id,
            job_id=job.job_id,
            token=token,
            parameters=parameters,
            tasks=tuple(
                TaskRun(task_key=task.task_key, run_id=task_id)
                for task, task_id in zip(job.tasks, task_ids, strict=True)
            ),
            life="SKIPPED" if is_full else "PENDING",
            result="MAXIMUM_CONCURRENT_RUNS_REACHED" if is_full else None,
            message="Another run of the job is active." if is_full else "",
            begun_at=now(),
        )

    def _get_run(self, given: Given) -> dict[str, Any]:
        run = self._store.run(_number(given, "run_id"))
        history = str(given.get("include_history", "")).lower() == "true"
        return view_run(run, self._base, history=history)

    def _get_output(self, given: Given) -> dict[str, Any]:
        task_id = _number(given, "run_id")
        for run in self._store.runs():
            for task in run.tasks:
                if task.run_id == task_id:
                    log = self._execution.log_of(task)
                    written = log.read_text(errors="replace") if log.exists() else ""
                    return view_output(run, task, written, self._base)
        raise no_such_run(task_id)

    def _repair(self, given: Given) -> dict[str, Any]:
        run_id = _number(given, "run_id")
        if not given.get("rerun_all_failed_tasks"):
            raise bad_request("Only rerun_all_failed_tasks is served.")
        tasks = self._store.run(run_id).tasks
        repair_id, *task_ids = self._store.new_ids(1 + len(tasks))
        ids = {task.task_key: new for task, new in zip(tasks, task_ids, strict=True)}

        def begin(run: JobRun) -> JobRun:
            if run.is_active or run.result == "SUCCESS" or run.life == "SKIPPED":
                raise wrong_state(f"Run {run_id} is active, or nothing of it failed.")
            if (run.repairs or (None,))[-1] != given.get("latest_repair_id"):
                raise bad_request("latest_repair_id is not that of the latest repair.")
            return repair(run, repair_id, ids)

        self._store.change(run_id, begin)
        self._execution.begin(run_id)
        return {"repair_id": repair_id}

    def _cancel(self, given: Given) -> dict[str, Any]:
        run_id = _number(given, "run_id")
        self._store.run(run_id)
        self._execution.cancel(run_id)
        return {}


def _number(given: Given, name: str) -> int:
    try:
        return int(given[name])
    except (KeyError, TypeError, ValueError):
        raise bad_request(f"Missing or invalid {name}.") from None
