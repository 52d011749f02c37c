"""Orchestrations, from an app's point of view."""

from itertools import accumulate
from typing import Any

import pytest
from functions_host_sample import Sample, await_true


def test_every_construct_of_the_sdk_works(sample: Sample) -> None:
    done = sample.run("kitchen_sink")
    assert done["runtimeStatus"] == "Completed"
    assert done["customStatus"] == {"at": "the end"}
    assert done["output"] == {
        "fan": [n * n for n in range(10)],
        "children": [0, 1, 4],
        "retried": "attempt 3",
        "failed": True,
        "waited": True,
        "counted": 4,
    }


def test_200_activities_in_groups_fan_in(sample: Sample) -> None:
    assert sample.run("wide")["output"] == sum(n * n for n in range(200))


def test_two_orchestrations_run_side_by_side(sample: Sample) -> None:
    waiting = sample.start("gated")
    sample.trace.await_line("gated 3 began")
    assert sample.run("child", 5)["output"] == 25
    sample.trace.open()
    assert sample.finish(waiting)["output"] == [0, 1, 2, 3, 4, 5, 99]


def test_activities_beyond_the_limit_wait_for_a_place(sample: Sample) -> None:
    instances = [sample.start("gated") for _ in range(4)]

    def steps() -> list[int]:
        words = [line.split()[-1] for line in sample.trace.lines if line.startswith("gated")]
        return [1 if word == "began" else -1 for word in words]

    await_true(lambda: sum(steps()) == 8, "eight activities to run")
    sample.trace.open()
    for instance in instances:
        assert sample.finish(instance)["runtimeStatus"] == "Completed"
    assert max(accumulate(steps())) == 8
    assert len(steps()) == 2 * 3 * 4


def test_a_failed_orchestrator_says_why(sample: Sample) -> None:
    done = sample.run("raises")
    assert done["runtimeStatus"] == "Failed"
    assert done["output"] == "Orchestrator function 'raises' failed: not today"


def test_an_unknown_activity_fails_the_orchestration(sample: Sample) -> None:
    done = sample.run("calls_the_unknown")
    assert done["runtimeStatus"] == "Failed"
    assert "'no_such_activity' does not exist" in done["output"]


def test_an_unknown_orchestrator_cannot_be_started(sample: Sample) -> None:
    path = "/runtime/webhooks/durabletask/orchestrators/unheard"
    answer = sample.http.post(path)
    assert answer.status_code == 400
    assert "unheard" in answer.json()["ExceptionMessage"]


def test_a_child_is_retried_until_it_succeeds(sample: Sample) -> None:
    assert sample.run("retries_child")["output"] == "attempt 3"


def test_after_every_failed_attempt_a_timer_runs_also_after_the_last(sample: Sample) -> None:
    instance = sample.start("kitchen_sink")
    sample.finish(instance)
    events = [e["EventType"] for e in sample.history(instance)]
    failed = events.count("TaskFailed")
    assert failed == 2 + 3
    assert events.count("TimerFired") == failed + 1


def test_an_event_wins_against_a_timer_and_the_cancelled_timer_is_forgotten(
    sample: Sample,
) -> None:
    instance = sample.start("waits_for_event")
    sample.await_status(instance, "Running")
    raise_event(sample, instance, "go", {"n": 1})
    assert sample.finish(instance)["output"] == {"n": 1}
    assert "TimerFired" not in [e["EventType"] for e in sample.history(instance)]


def test_the_durable_client_sends_events_as_json_text_as_it_does_on_azure(sample: Sample) -> None:
    instance = sample.start("waits_for_event")
    sample.client("event", instance, {"n": 1})
    assert sample.finish(instance)["output"] == '{"n": 1}'


def test_an_event_before_its_time_is_kept(sample: Sample) -> None:
    instance = sample.start("collects")
    for item in ("a", "b", "c"):
        raise_event(sample, instance, "item", item)
    sample.trace.open()
    done = sample.finish(instance)
    assert done["runtimeStatus"] == "Completed"


def test_unread_events_are_carried_over_continue_as_new(sample: Sample) -> None:
    instance = sample.start("collects")
    raise_event(sample, instance, "item", "a")
    sample.trace.await_line("gated collect1 began")
    raise_event(sample, instance, "item", "b")
    sample.trace.open()
    sample.trace.await_line("gated collect2 ended")
    raise_event(sample, instance, "item", "c")
    assert sample.finish(instance)["output"] == ["a", "b", "c"]


def test_an_event_behind_the_last_completion_is_carried_over_too(sample: Sample) -> None:
    instance = sample.start("collects")
    raise_event(sample, instance, "item", "a")
    sample.trace.await_line("gated collect1 began")
    sample.client("suspend", instance)
    sample.trace.open()
    sample.trace.await_line("gated collect1 ended")
    # Both are read in one episode, the completion before the events.
    raise_event(sample, instance, "item", "b")
    raise_event(sample, instance, "item", "c")
    sample.client("resume", instance)
    assert sample.finish(instance)["output"] == ["a", "b", "c"]


def test_an_id_in_use_cannot_be_started_again(sample: Sample) -> None:
    sample.start("waits_for_event", instance="taken")
    refused = sample.client("start", "taken")["raised"]
    assert "taken" in refused
    assert "has the id" in refused or "with the id" in refused
    path = "/runtime/webhooks/durabletask/orchestrators/child/taken"
    assert sample.http.post(path, json=1).status_code == 409
    raise_event(sample, "taken", "go", 1)
    sample.finish("taken")
    assert sample.client("start", "taken") == "taken"
    assert sample.finish("taken")["name"] == "child"


def test_termination_takes_the_children_along(sample: Sample) -> None:
    sample.start("parent", instance="family")
    await_child(sample)
    sample.client("terminate", "family")
    for instance in ("family", "family-child"):
        done = sample.finish(instance)
        assert (done["runtimeStatus"], done["output"]) == ("Terminated", "asked to")


def test_a_terminated_child_fails_in_its_parent(sample: Sample) -> None:
    sample.start("parent", instance="family")
    await_child(sample)
    sample.client("terminate", "family-child")
    done = sample.finish("family")
    assert done["runtimeStatus"] == "Failed"
    assert "asked to" in done["output"]


def test_a_result_for_a_terminated_orchestration_is_ignored(sample: Sample) -> None:
    sample.start("gated", instance="stopped")
    sample.trace.await_line("gated 3 began")
    sample.client("terminate", "stopped")
    sample.start("waits_for_event", instance="stopped")
    sample.await_status("stopped", "Running")
    sample.trace.open()
    sample.trace.await_line("gated 3 ended")
    raise_event(sample, "stopped", "go", "new life")
    assert sample.finish("stopped")["output"] == "new life"
    assert "TaskCompleted" in str(sample.history("stopped"))
    assert [e for e in sample.history("stopped") if e.get("FunctionName") == "gated_activity"] == []


def test_a_suspended_orchestration_waits_until_it_is_resumed(sample: Sample) -> None:
    instance = sample.start("waits_for_event")
    sample.await_status(instance, "Running")
    sample.client("suspend", instance)
    raise_event(sample, instance, "go", "x")
    assert sample.status(instance).json()["runtimeStatus"] == "Suspended"
    sample.run("child", 1)
    assert sample.trace.lines.count("traced after the event") == 0
    sample.client("resume", instance)
    assert sample.finish(instance)["output"] == "x"


@pytest.mark.parametrize("given", [None, 7, "text", [1, 2], {"a": [None]}])
def test_an_input_given_to_the_client_reaches_the_orchestrator(sample: Sample, given: Any) -> None:
    done = sample.run("mirror", given)
    assert done["output"] == given


def test_an_orchestrator_that_changes_its_mind_fails(sample: Sample) -> None:
    instance = sample.start("changes_its_mind")
    await_true(lambda: "TaskCompleted" in str(sample.history(instance)), "the first activity")
    (sample.trace.folder / "changed").touch()
    raise_event(sample, instance, "go", 1)
    done = sample.finish(instance)
    assert done["runtimeStatus"] == "Failed"
    assert "Non-Deterministic workflow detected" in done["output"]


def raise_event(sample: Sample, instance: str, name: str, payload: Any) -> None:
    path = f"/runtime/webhooks/durabletask/instances/{instance}/raiseEvent/{name}"
    assert sample.http.post(path, json=payload).status_code == 202


def await_child(sample: Sample) -> None:
    await_true(lambda: sample.status("family-child").status_code == 202, "the child")
