"""A refresh job of one task for a stack: it writes down that it ran, and waits or fails if told to."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.databricks.refresh_job import REFRESH_JOB

_TASK = Path(__file__).parents[1] / "contracts" / "databricks" / "workspace_task.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshJob:
    """The job, in a folder of its own."""

    folder: Path

    def write(self) -> Path:
        """Write the job file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        reference = "{{job.parameters.handover}}"
        command = [sys.executable, str(_TASK), str(self.folder), "silver", reference]
        job = {
            "job_id": REFRESH_JOB,
            "name": "refresh",
            "parameters": {"handover": ""},
            "tasks": [{"task_key": "silver", "command": command}],
        }
        path = self.folder / "jobs.json"
        path.write_text(json.dumps({"jobs": [job]}))
        return path

    def hold(self) -> None:
        """Let the task wait until it is released."""
        (self.folder / "hold-silver").touch()

    def release(self) -> None:
        """Let it go on."""
        (self.folder / "hold-silver").unlink()

    def fail(self, times: int) -> None:
        """Let it fail so often."""
        (self.folder / "fail-silver").write_text(str(times))

    def ran(self) -> list[str]:
        """The hand-overs that it was given, in order."""
        path = self.folder / "record"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.removeprefix("silver ") for line in lines]


def handovers(lake: Path) -> list[Path]:
    """The files of the hand-overs, the first first."""
    return sorted((lake / "bronze" / "_handover").glob("*.json"))


def handed(lake: Path) -> dict[str, list[int]]:
    """The numbers of the runs that were handed over, by table, over all hand-overs."""
    found: dict[str, list[int]] = {}
    for path in handovers(lake):
        handover: dict[str, Any] = json.loads(path.read_text())
        for table in handover["tables"]:
            found.setdefault(table["table"], []).extend(run["run_no"] for run in table["runs"])
    return found


def published(lake: Path, target: str) -> list[int]:
    """The numbers of the runs that lie below a target, by their manifests."""
    manifests = (lake / target).glob("run_id=*/_manifest.json")
    return sorted(json.loads(path.read_text())["run_no"] for path in manifests)
