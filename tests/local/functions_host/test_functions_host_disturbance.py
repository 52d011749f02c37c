"""Test modes, and timeouts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from functions_host_sample import SAMPLE_APP, Sample

from local.functions_host import Disturbance


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_shuffled_completion_per_replay_changes_no_result(
    serve: Callable[..., Sample], seed: int
) -> None:
    sample = serve(disturbance=Disturbance(one_completion_per_replay=True, shuffle_seed=seed))
    assert sample.run("kitchen_sink")["output"]["fan"] == [n * n for n in range(10)]
    assert sample.run("wide")["output"] == sum(n * n for n in range(200))


def test_with_one_completion_per_replay_each_has_its_own_episode(
    serve: Callable[..., Sample],
) -> None:
    sample = serve(disturbance=Disturbance(one_completion_per_replay=True))
    instance = sample.start("group", list(range(20)))
    sample.finish(instance)
    hub = sample.host._parts.hub  # type: ignore[union-attr]
    kinds = [event["EventType"] for event in hub.mailbox.history(instance)]
    assert kinds.count(12) == 21


def test_activities_run_twice_and_the_second_result_is_dropped(
    serve: Callable[..., Sample],
) -> None:
    sample = serve(disturbance=Disturbance(activities_twice=True))
    sample.trace.open()
    assert sample.run("gated")["output"] == [0, 1, 2, 3, 4, 5, 99]
    sample.trace.await_line("traced 99", times=2)
    assert sample.trace.lines.count("gated 3 began") == 2


def test_modes_come_from_the_environment() -> None:
    environ = {
        "FUNCTIONS_HOST_ONE_COMPLETION_PER_REPLAY": "1",
        "FUNCTIONS_HOST_SHUFFLE_SEED": "42",
        "FUNCTIONS_HOST_ACTIVITIES_TWICE": "1",
    }
    assert Disturbance.from_env(environ) == Disturbance(
        one_completion_per_replay=True, shuffle_seed=42, activities_twice=True
    )
    assert Disturbance.from_env({}) == Disturbance()
    with pytest.raises(ValueError, match="set it to 0 or 1"):
        Disturbance.from_env({"FUNCTIONS_HOST_ACTIVITIES_TWICE": "yes"})


def test_an_activity_beyond_the_time_limit_fails_and_its_late_result_is_dropped(
    serve: Callable[..., Sample], tmp_path: Path
) -> None:
    sample = serve(app=app_with_timeout(tmp_path / "app"))
    instance = sample.start("mirror_gated")
    done = sample.finish(instance)
    assert done["runtimeStatus"] == "Failed"
    assert "FunctionTimeoutException" in done["output"]
    sample.trace.open()
    sample.trace.await_line("gated None ended")
    assert sample.run("child", 2)["output"] == 4
    assert sample.status(instance).json()["runtimeStatus"] == "Failed"


def test_an_http_function_beyond_the_time_limit_answers_500(
    serve: Callable[..., Sample], tmp_path: Path
) -> None:
    sample = serve(app=app_with_timeout(tmp_path / "app"))
    assert sample.http.get("/api/slow").status_code == 500


def app_with_timeout(folder: Path) -> Path:
    shutil.copytree(SAMPLE_APP, folder)
    path = folder / "host.json"
    document = json.loads(path.read_text()) | {"functionTimeout": "00:00:01"}
    path.write_text(json.dumps(document))
    return folder
