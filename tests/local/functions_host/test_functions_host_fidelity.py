"""Where Azure is stricter than the SDK alone, the host is as strict."""

from functions_host_sample import Sample, await_true


def test_after_a_failure_in_task_all_the_next_step_waits_for_the_siblings(sample: Sample) -> None:
    instance = sample.start("fails_fast")
    sample.trace.await_line("gated 1 began")
    sample.await_status(instance, "Running")
    await_failure(sample, instance)
    assert "traced next" not in sample.trace.lines
    sample.trace.open()
    assert sample.finish(instance)["output"] == "over"
    lines = sample.trace.lines
    assert lines.index("gated 1 ended") < lines.index("traced next")


def test_an_orchestrator_that_raised_ends_only_after_the_siblings(sample: Sample) -> None:
    instance = sample.start("ends_beside_a_sibling")
    sample.trace.await_line("gated 1 began")
    await_failure(sample, instance)
    assert sample.status(instance).json()["runtimeStatus"] == "Running"
    sample.trace.open()
    done = sample.finish(instance)
    assert done["runtimeStatus"] == "Failed"
    assert "early" in done["output"]


def test_a_retry_beside_a_failure_is_the_divergence_it_is_on_azure(sample: Sample) -> None:
    instance = sample.start("fails_beside_a_retry")
    sample.trace.await_line("fails_after_gate began")
    await_failure(sample, instance)
    sample.trace.open()
    done = sample.finish(instance)
    assert done["runtimeStatus"] == "Failed"
    assert "Non-Deterministic workflow detected" in done["output"]
    assert "traced next" not in sample.trace.lines


def test_a_task_any_is_left_only_when_one_of_its_new_members_has_ended(sample: Sample) -> None:
    instance = sample.start("slides")
    sample.trace.await_line("gated third began")
    assert "traced fourth" not in sample.trace.lines
    sample.trace.open()
    assert sample.finish(instance)["output"] == "over"


def await_failure(sample: Sample, instance: str) -> None:
    def failed() -> bool:
        return "TaskFailed" in [e["EventType"] for e in sample.history(instance)]

    await_true(failed, "the failure in the history")
