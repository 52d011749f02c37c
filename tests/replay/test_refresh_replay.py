"""The order of work of a refresh: hand over, start once, look, repair once, and what a failure leaves."""

from datetime import timedelta

import pytest
from refresh_script import RefreshScript
from rehearsal import TIMER, Again, Rehearsal, failure, rehearse

from orchestrators.refresh_lakehouse import LOOKS_PER_GENERATION, MOST_SKIPS
from shared.durable.steps import RefreshWork, refresh_lakehouse


def refresh(script: object) -> Rehearsal:
    return rehearse(refresh_lakehouse, RefreshWork(), script)  # type: ignore[arg-type] - a script


def steps_of(run: Rehearsal) -> list[str]:
    """What was done, in order, over all generations."""
    return [work.name for work in run.done if work.name != TIMER]


def test_hand_over_after_hand_over_is_carried_out_until_nothing_is_left() -> None:
    script = RefreshScript(handovers=2)
    run = refresh(script)
    one = ["hand_over", "start_refresh", "observe_refresh", "close_refresh"]
    assert steps_of(run) == [*one, *one, "hand_over"]
    assert run.generations == 3
    assert [record.state for record in script.records.values()] == ["succeeded", "succeeded"]


def test_nothing_left_ends_it_at_once() -> None:
    assert steps_of(refresh(RefreshScript(handovers=0))) == ["hand_over"]


def test_looks_grow_rare_up_to_a_minute() -> None:
    run = refresh(RefreshScript(*["wait"] * 8))
    pauses = [work.span for work in run.done if work.span is not None]
    seconds = [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert pauses == [timedelta(seconds=each) for each in seconds]


def test_a_long_job_is_followed_over_generations_and_started_once() -> None:
    script = RefreshScript(*["wait"] * (LOOKS_PER_GENERATION * 2))
    run = refresh(script)
    assert script.jobs == [(1, 1)]
    assert run.generations == 4
    longest = [work.span for work in run.done if work.span is not None][-1]
    assert longest == timedelta(minutes=1)


def test_a_failed_job_is_repaired_and_looked_at_soon() -> None:
    script = RefreshScript("wait", "wait", "repair", "wait")
    run = refresh(script)
    assert steps_of(run).count("repair_refresh") == 1
    assert script.records[1].state == "succeeded"
    after = [work.span for work in run.done if work.span is not None][3]
    assert after == timedelta(seconds=2)


def test_a_job_that_failed_for_good_is_told_of_and_ends_the_refresh() -> None:
    script = RefreshScript("repair", "failed", handovers=2)
    run = refresh(script)
    assert steps_of(run)[-2:] == ["close_refresh", "alert_refresh"]
    assert (script.records[1].state, script.records[1].over) == ("failed", True)
    assert 2 not in script.records


def test_a_request_after_a_failure_takes_the_same_hand_over_up_with_another_job_run() -> None:
    script = RefreshScript("repair", "failed", handovers=2)
    refresh(script)
    refresh(script)
    assert script.jobs == [(1, 1), (1, 2), (2, 1)]
    assert [record.state for record in script.records.values()] == ["succeeded", "succeeded"]


def test_a_skipped_job_is_put_back_with_another_token_after_a_while() -> None:
    script = RefreshScript("again", "again")
    run = refresh(script)
    assert script.jobs == [(1, 1), (1, 2), (1, 3)]
    assert [w.span for w in run.done if w.span is not None].count(timedelta(minutes=1)) == 2
    assert (script.records[1].attempt, script.records[1].state) == (3, "succeeded")


def test_a_job_that_is_skipped_for_ever_is_told_of() -> None:
    script = RefreshScript(*["again"] * (MOST_SKIPS + 1))
    run = refresh(script)
    error = script.records[1].error
    assert error is not None
    assert error.type == "RefreshSkipped"
    assert steps_of(run)[-1] == "alert_refresh"


def test_a_cancelled_refresh_ends_without_an_alert() -> None:
    script = RefreshScript("wait", "cancelled", handovers=2)
    assert steps_of(refresh(script))[-1] == "close_refresh"
    assert script.records[1].state == "cancelled"


@pytest.mark.parametrize("step", ["start_refresh", "observe_refresh"])
def test_where_the_job_may_run_the_next_request_uses_the_same_token(step: str) -> None:
    script = RefreshScript(refused={step: failure("WorkspaceRefused")})
    run = refresh(script)
    assert steps_of(run)[-1] == "alert_refresh"
    assert (script.records[1].state, script.records[1].over) == ("failed", False)
    script._refused.clear()
    refresh(script)
    assert script.jobs == [(1, 1)]
    assert script.records[1].state == "succeeded"


def test_a_workspace_that_is_away_for_a_while_fails_nothing() -> None:
    script = RefreshScript()
    answers = iter([Again(failure("WorkspaceUnavailable"))] * 20)

    def away(name: str, payload: object) -> object:
        return (
            next(answers, None) or script(name, payload)
            if "observe" in name
            else script(name, payload)
        )

    refresh(away)
    assert script.records[1].state == "succeeded"


def test_a_lost_alert_fails_nothing_more() -> None:
    script = RefreshScript("failed", refused={"alert_refresh": failure("AlertRefused")})
    assert refresh(script).output == {"number": 1, "attempt": 1, "traceparent": ""}
