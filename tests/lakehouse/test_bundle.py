"""The bundle's jobs are as Databricks' own package reads them, and call what the wheel has."""

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from databricks.bundles.jobs import Job

from lakehouse.main import parser

BUNDLE = Path(__file__).parents[2] / "lakehouse"
TOP = yaml.safe_load((BUNDLE / "databricks.yml").read_text())
FILES = sorted((BUNDLE / "resources").glob("*.job.yml"))
JOBS: dict[str, dict[str, Any]] = {
    name: job
    for file in FILES
    for name, job in yaml.safe_load(file.read_text())["resources"]["jobs"].items()
}
REFRESHING = ("refresh_lakehouse", "refresh_lakehouse_on_cluster")


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_as_databricks_reads_it(name: str) -> None:
    job = Job.from_dict(JOBS[name])
    assert job.as_dict()["name"] == name


@pytest.mark.parametrize("name", JOBS)
def test_a_misspelt_key_would_be_seen(name: str) -> None:
    job = copy.deepcopy(JOBS[name])
    task = job["tasks"][0]["python_wheel_task"]
    task["entrypoint"] = task.pop("entry_point")
    with pytest.raises(ValueError, match="entrypoint"):
        Job.from_dict(job)


@pytest.mark.parametrize("name", JOBS)
def test_tasks_call_the_script_of_the_wheel_with_what_it_takes(name: str) -> None:
    project = tomllib.loads((BUNDLE / "pyproject.toml").read_text())["project"]
    for task in JOBS[name]["tasks"]:
        wheel = task["python_wheel_task"]
        assert wheel["package_name"] == project["name"]
        assert wheel["entry_point"] in project["scripts"]
        if wheel["parameters"][0] != "gold":
            assert parser().parse_args(wheel["parameters"]).lake == "{{job.parameters.lake}}"


@pytest.mark.parametrize("name", REFRESHING)
def test_a_refresh_runs_alone_and_is_told_its_hand_over_only(name: str) -> None:
    job = JOBS[name]
    assert (job["max_concurrent_runs"], job["queue"]["enabled"]) == (1, True)
    assert [each["name"] for each in job["parameters"]] == ["handover", "lake"]
    assert job["tasks"][0]["task_key"] == "silver"
    assert all(task["depends_on"] == [{"task_key": "silver"}] for task in job["tasks"][1:])


def test_the_two_ways_to_refresh_differ_only_in_where_they_run() -> None:
    def order(name: str) -> list[tuple[str, Any]]:
        return [(task["task_key"], task["python_wheel_task"]) for task in JOBS[name]["tasks"]]

    serverless, cluster = (JOBS[name] for name in REFRESHING)
    assert order(REFRESHING[0]) == order(REFRESHING[1])
    assert {task["environment_key"] for task in serverless["tasks"]} == {"default"}
    assert {task["job_cluster_key"] for task in cluster["tasks"]} == {"workers"}


def test_maintenance_has_a_schedule() -> None:
    assert JOBS["maintain_lakehouse"]["schedule"]["timezone_id"] == "UTC"


def test_the_bundle_has_its_targets_and_declares_every_variable_in_use() -> None:
    assert {name: target["mode"] for name, target in TOP["targets"].items()} == {
        "dev": "development",
        "prod": "production",
    }
    used = {name for file in FILES for name in re.findall(r"\$\{var\.(\w+)\}", file.read_text())}
    assert used == set(TOP["variables"])
