"""How jobs and runs look as JSON of the Jobs API 2.2, and a run as a page of text."""

from __future__ import annotations

from typing import Any

from local.databricks.jobs import Job
from local.databricks.runs import JobRun, TaskRun


def view_job(job: Job) -> dict[str, Any]:
    """A job with its tasks and the defaults of its parameters."""
    return {
        "job_id": job.job_id,
        "settings": {
            "name": job.name,
            "max_concurrent_runs": job.max_concurrent_runs,
            "parameters": [{"name": k, "default": v} for k, v in job.parameters.items()],
            "tasks": [
                {
                    "task_key": task.task_key,
                    "depends_on": [{"task_key": key} for key in task.depends_on],
                }
                for task in job.tasks
            ],
        },
    }


def view_run(run: JobRun, base: str, *, history: bool) -> dict[str, Any]:
    """A run with its tasks; with its repairs where they are asked for."""
    state = _state(run.life, run.result, run.message)
    shown: dict[str, Any] = {
        "run_id": run.run_id,
        "job_id": run.job_id,
        "number_in_job": run.run_id,
        "start_time": run.begun_at,
        "end_time": run.ended_at,
        "state": state,
        "job_parameters": [{"name": k, "value": v} for k, v in run.parameters.items()],
        "tasks": [_task(task) for task in run.tasks],
        "run_page_url": page_of(run, base),
    }
    if history:
        last = len(run.repairs)
        ids: list[int | None] = [None, *run.repairs]
        shown["repair_history"] = [
            {
                "type": "REPAIR" if number else "ORIGINAL",
                **({"id": repair} if repair else {}),
                "state": state if number == last else _state("TERMINATED", "FAILED", ""),
            }
            for number, repair in enumerate(ids)
        ]
    return shown


def view_output(run: JobRun, task: TaskRun, log: str, base: str) -> dict[str, Any]:
    """What a task wrote, and the error of one that failed."""
    metadata = {"job_id": run.job_id, "run_page_url": page_of(run, base), **_task(task)}
    error = {"error": task.error} if task.error else {}
    return {"metadata": metadata, "logs": log, **error}


def page_of(run: JobRun, base: str) -> str:
    """Give the address of the page of a run."""
    return f"{base}/jobs/{run.job_id}/runs/{run.run_id}"


def page(run: JobRun, logs: dict[str, str]) -> str:
    """A run for people, as plain text."""
    lines = [f"run {run.run_id} of job {run.job_id}: {run.life} {run.result or ''}", ""]
    lines += [f"{name} = {value}" for name, value in run.parameters.items()]
    for task in run.tasks:
        lines += ["", f"task {task.task_key}: {task.life} {task.result or ''}"]
        lines += [logs.get(task.task_key, "")]
    return "\n".join(lines) + "\n"


def _task(task: TaskRun) -> dict[str, Any]:
    return {
        "task_key": task.task_key,
        "run_id": task.run_id,
        "attempt_number": task.attempt,
        "state": _state(task.life, task.result, task.error),
    }


def _state(life: str, result: str | None, message: str) -> dict[str, Any]:
    found = {"life_cycle_state": life, "state_message": message}
    return {**found, "result_state": result} if result else found
