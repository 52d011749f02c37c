"""Test modes, and timeouts."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from functions_host_sample import SAMPLE_APP, Sample, await_true

from local.functions_host import Disturbance, ManualClock
from local.functions_host.activity_runs import LATEST_SECONDS
from local.functions_host.crash import CrashPoint


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))]
)
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


def test_activities_run_twice_at_once_and_the_first_to_end_is_reported(
    serve: Callable[..., Sample],
) -> None:
    sample = serve(disturbance=Disturbance(activities_at_once=True))
    instance = sample.start("gated")
    sample.trace.await_line("gated 3 began", times=2)
    sample.trace.open()
    assert sample.finish(instance)["output"] == [0, 1, 2, 3, 4, 5, 99]
    sample.trace.await_line("traced 99", times=2)
    assert sample.run("child", 2)["output"] == 4


def test_activities_run_again_after_their_successors_and_the_late_result_is_dropped(
    serve: Callable[..., Sample],
) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    sample = serve(disturbance=Disturbance(activities_late_seed=1), clock=clock)
    sample.trace.open()
    done = sample.run("gated")
    assert sample.trace.lines.count("gated 3 began") == 1
    clock.advance(timedelta(seconds=LATEST_SECONDS))
    for line in ("traced 0", "gated 3 began", "traced 99"):
        sample.trace.await_line(line, times=2)
    assert sample.status(done["instanceId"]).json()["output"] == [0, 1, 2, 3, 4, 5, 99]


def test_the_next_execution_of_an_activity_is_held_up_and_those_after_it_pass(
    serve: Callable[..., Sample], tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    hold.mkdir()
    sample = serve(disturbance=Disturbance(hold=hold))
    (hold / "square").touch()
    held = sample.start("child", 3)
    await_true((hold / "square.held").exists, "an execution to be held up")
    assert sample.run("child", 2)["output"] == 4
    assert sample.status(held).json()["runtimeStatus"] == "Running"
    (hold / "square.held").unlink()
    assert sample.finish(held)["output"] == 9


def test_a_host_passes_every_boundary_of_an_activity_and_of_an_episode(
    serve: Callable[..., Sample],
) -> None:
    passed: list[str] = []

    class Remembering(CrashPoint):
        def passes(self, place: str) -> None:
            passed.append(place)

    sample = serve(disturbance=Disturbance(crash=Remembering("*#1")))
    assert sample.run("child", 2)["output"] == 4
    await_true(lambda: passed.count("episode committed child") == 2, "the last episode")
    episode = ["episode played child", "episode committed child"]
    activity = [f"activity {moment} square" for moment in ("begins", "ended", "recorded")]
    assert [place for place in passed if place in (*episode, *activity)] == [
        *episode,
        *activity,
        *episode,
    ]


def test_a_crash_point_crashes_once_at_the_passing_that_it_names() -> None:
    crashes: list[int] = []
    point = CrashPoint("activity * square#2", crash=lambda: crashes.append(len(crashes)))
    for place, seen in (
        ("activity begins square", 0),
        ("activity begins other", 0),
        ("activity ended square", 1),
        ("activity recorded square", 1),
    ):
        point.passes(place)
        assert len(crashes) == seen, place


@pytest.mark.parametrize("wanted", ["activity ended x", "#1", "x#0", "x#-1", "x#one"])
def test_a_crash_point_that_names_no_passing_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match="is no crash point"):
        CrashPoint(wanted)


def test_modes_come_from_the_environment() -> None:
    environ = {
        "FUNCTIONS_HOST_ACTIVITIES_AT_ONCE": "1",
        "FUNCTIONS_HOST_ACTIVITIES_LATE_SEED": "7",
        "FUNCTIONS_HOST_HOLD": "/hold",
        "FUNCTIONS_HOST_ONE_COMPLETION_PER_REPLAY": "1",
        "FUNCTIONS_HOST_SHUFFLE_SEED": "42",
        "FUNCTIONS_HOST_ACTIVITIES_TWICE": "1",
    }
    assert Disturbance.from_env(environ) == Disturbance(
        one_completion_per_replay=True,
        shuffle_seed=42,
        activities_twice=True,
        activities_at_once=True,
        activities_late_seed=7,
        hold=Path("/hold"),
    )
    assert Disturbance.from_env({"FUNCTIONS_HOST_CRASH_AT": "episode *#1"}).crash is not None
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
