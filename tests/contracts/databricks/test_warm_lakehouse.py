"""Commands of the lakehouse run in forks of one process, as they would in processes of their own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace_rig import JOB, Rig

from local.databricks.process import start
from local.databricks.warming import WarmLakehouse

# What a command is given whose hand-over is a pipe: it waits until somebody writes.
HANDOVER = "bronze/_handover/00000001.json"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("warm")
    pipe = place / HANDOVER
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    return place


@pytest.fixture(scope="module")
def warm(place: Path) -> Iterator[WarmLakehouse]:
    with WarmLakehouse(place / "warm.log") as warm:
        yield warm


def test_a_command_ends_as_its_process_would_and_writes_to_its_log(
    warm: WarmLakehouse, place: Path
) -> None:
    wrong = warm.run(["silver"], place / "wrong.log")
    missing = warm.run(
        ["silver", "--lake", str(place), "--handover", "bronze/_handover/00000002.json"],
        place / "missing.log",
    )
    assert (wrong.wait(), missing.wait()) == (2, 1)
    assert "the following arguments are required" in (place / "wrong.log").read_text()
    assert "FileMissing" in (place / "missing.log").read_text()
    assert missing.cpu > 0


def test_a_command_that_is_killed_ends_and_the_next_one_begins(
    warm: WarmLakehouse, place: Path
) -> None:
    waiting = warm.run(["silver", "--lake", str(place), "--handover", HANDOVER], place / "1.log")
    os.kill(waiting.pid, 9)
    assert waiting.wait() == -9
    assert warm.run(["silver"], place / "next.log").wait() == 2


def test_what_runs_ends_with_the_one_who_started_it(place: Path) -> None:
    with WarmLakehouse(place / "own.log") as own:
        waiting = own.run(["silver", "--lake", str(place), "--handover", HANDOVER], place / "2.log")
    assert waiting.wait() == -9


def test_a_job_whose_command_is_the_lakehouse_is_carried_out_and_can_be_cancelled(
    place: Path, tmp_path: Path
) -> None:
    reference = "{{job.parameters.handover}}"
    command = ["tidemark-lakehouse", "silver", "--lake", str(place), "--handover", reference]
    task = {"task_key": "silver", "command": command}
    job = {"job_id": JOB, "name": "refresh", "parameters": {"handover": ""}, "tasks": [task]}
    jobs = tmp_path / "jobs.json"
    jobs.write_text(json.dumps({"jobs": [job]}))
    with start(tmp_path / "state", jobs) as server:
        rig = Rig(folder=tmp_path, server=server)
        failed = rig.ended(rig.workspace.start({"handover": "bronze/none.json"}, "a" * 64))
        waiting = rig.workspace.start({"handover": HANDOVER}, "b" * 64)
        rig.workspace.cancel(waiting)
        cancelled = rig.ended(waiting)
    assert failed.result == "failed"
    assert "FileMissing: bronze/none.json" in failed.tasks[0].message
    assert cancelled.result == "cancelled"
