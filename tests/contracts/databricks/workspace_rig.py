"""A workspace with a job of two tasks, each of which can be told to fail or to wait."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from local.databricks.process import RunningWorkspace, start
from shared.adapters.databricks.workspace import DatabricksWorkspace
from shared.lakehouse.workspace import JobRun

T = TypeVar("T")
TASK = Path(__file__).with_name("workspace_task.py")
JOB = 7
TASKS = ("silver", "gold")
_PATIENCE_SECONDS = 60


def write_jobs(folder: Path) -> Path:
    """Write a job file of one job: silver, then gold."""

    def task(name: str) -> dict[str, object]:
        command = [sys.executable, str(TASK), str(folder), name, "{{job.parameters.handover}}"]
        after = list(TASKS[: TASKS.index(name)])
        return {"task_key": name, "command": command, "depends_on": after}

    job = {
        "job_id": JOB,
        "name": "refresh",
        "parameters": {"handover": ""},
        "tasks": [task(name) for name in TASKS],
    }
    path = folder / "jobs.json"
    path.write_text(json.dumps({"jobs": [job]}))
    return path


@dataclass(slots=True, kw_only=True)
class Rig:
    """A workspace in a folder, and the adapter on it."""

    folder: Path
    server: RunningWorkspace

    @property
    def workspace(self) -> DatabricksWorkspace:
        """A fresh adapter on the job."""
        return self.at(JOB)

    def at(self, job: int, token: str | None = None) -> DatabricksWorkspace:
        """An adapter on some job, with some token."""
        return DatabricksWorkspace(
            host=self.server.url,
            token=token or self.server.token,
            job_id=job,
            identity=lambda: None,
        )

    def restart(self) -> None:
        """Kill it where it stands, and start it on the same state."""
        self.server.kill()
        self.server = start(self.folder / "state", self.folder / "jobs.json")

    def hold(self, task: str) -> None:
        """Let a task wait until it is released."""
        (self.folder / f"hold-{task}").touch()

    def release(self, task: str) -> None:
        """Let a held task go on."""
        (self.folder / f"hold-{task}").unlink()

    def fail(self, task: str, times: int) -> None:
        """Let a task fail so often."""
        (self.folder / f"fail-{task}").write_text(str(times))

    @property
    def record(self) -> list[str]:
        """What ran, in order."""
        path = self.folder / "record"
        return path.read_text().splitlines() if path.exists() else []

    def ended(self, run_id: int) -> JobRun:
        """Wait until a run is not active any more."""
        return await_value(
            lambda: run if (run := self.workspace.look(run_id)).life != "active" else None
        )


def await_value(look: Callable[[], T | None]) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found
