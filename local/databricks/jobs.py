"""The jobs of a workspace, read from a job file (JSON).

```json
{"jobs": [{"job_id": 1, "name": "refresh", "max_concurrent_runs": 1,
           "parameters": {"handover": ""},
           "tasks": [{"task_key": "silver", "command": ["tidemark-lakehouse", "silver",
                                                        "--handover", "{{job.parameters.handover}}"]},
                     {"task_key": "gold", "command": ["..."], "depends_on": ["silver"]}]}]}
```

A command is started as it is, without a shell; `{{job.parameters.NAME}}` is replaced as on
Databricks (https://docs.databricks.com/jobs/dynamic-value-references.html).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from local.databricks.errors import JobFileInvalid, bad_request, no_such_job

_REFERENCE = re.compile(r"\{\{\s*job\.parameters\.([A-Za-z0-9_.-]+)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One command; the tasks that it depends on have to succeed first."""

    task_key: str
    command: tuple[str, ...]
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Tasks in an order in which they can be carried out. `parameters` have their defaults."""

    job_id: int
    name: str
    tasks: tuple[Task, ...]
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    max_concurrent_runs: int = 1

    def fill(self, given: Mapping[str, str]) -> dict[str, str]:
        """Give the parameters of a run. Raises Refused if one is not the job's."""
        unknown = set(given) - set(self.parameters)
        if unknown:
            raise bad_request(f"Job {self.job_id} has no parameters {sorted(unknown)}.")
        return {**self.parameters, **given}

    def task(self, key: str) -> Task:
        """Give a task by its key."""
        return next(task for task in self.tasks if task.task_key == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """All jobs of a workspace."""

    jobs: tuple[Job, ...]

    def job(self, job_id: int) -> Job:
        """Give a job. Raises Refused if there is none."""
        for job in self.jobs:
            if job.job_id == job_id:
                return job
        raise no_such_job(job_id)


def command_of(task: Task, parameters: Mapping[str, str]) -> list[str]:
    """Give the command with its references replaced; an unknown one stays as it is."""
    return [
        _REFERENCE.sub(lambda found: parameters.get(found[1], found[0]), word)
        for word in task.command
    ]


def read_jobs(path: Path) -> Jobs:
    """Read a job file. Raises JobFileInvalid."""
    try:
        jobs = msgspec.json.decode(path.read_bytes(), type=Jobs)
    except (OSError, msgspec.DecodeError) as error:
        raise JobFileInvalid(f"{path}: {error}") from error
    for job in jobs.jobs:
        known: set[str] = set()
        for task in job.tasks:
            if not task.command or not known.issuperset(task.depends_on):
                message = "needs a command, and comes after the tasks that it depends on"
                raise JobFileInvalid(f"{path}: task {task.task_key} of job {job.name} {message}")
            known.add(task.task_key)
    return jobs
