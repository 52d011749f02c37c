"""The job that the embedded stack's workspace has: silver, then gold model by model."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

REFRESH_JOB = 1
SCRIPT = "tidemark-lakehouse"


def is_installed() -> bool:
    """Say whether the lakehouse's package is there, by its script beside the interpreter."""
    return shutil.which(SCRIPT, path=str(Path(sys.executable).parent)) is not None


def write_refresh_job(path: Path, *, lake: Path, models: Sequence[Path]) -> Path:
    """Write the job file: one task for silver, and one for each of gold's models after it."""
    given = ["--lake", str(lake), "--handover", "{{job.parameters.handover}}"]
    silver = {"task_key": "silver", "command": [SCRIPT, "silver", *given]}
    gold = [
        {
            "task_key": f"gold_{model.name}",
            "command": [SCRIPT, "gold", *given, "--model", str(model)],
            "depends_on": ["silver"],
        }
        for model in models
    ]
    job = {
        "job_id": REFRESH_JOB,
        "name": "refresh",
        "parameters": {"handover": ""},
        "tasks": [silver, *gold],
    }
    path.write_text(json.dumps({"jobs": [job]}, indent=1))
    return path
