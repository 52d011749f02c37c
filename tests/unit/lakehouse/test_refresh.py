"""What follows from a job run as it is seen, and what a record remembers of it."""

from dataclasses import replace

import pytest
from lakehouse_samples import AT, run, spec

from shared.lakehouse.handover import next_handover
from shared.lakehouse.records import (
    RefreshRecord,
    cancel,
    ended,
    record_of,
    start_again,
    started,
    take_up,
)
from shared.lakehouse.refresh import Decision, decide
from shared.lakehouse.workspace import JobRun, TaskState
from shared.loading.errors import Failure

ACTIVE = JobRun(run_id=7, life="active")
SKIPPED = JobRun(run_id=7, life="skipped")
FAILED = JobRun(run_id=7, life="ended", result="failed")
CANCELLED = JobRun(run_id=7, life="ended", result="cancelled")
DONE = JobRun(run_id=7, life="ended", result="success")
REPAIRED = replace(FAILED, repairs=1)
WHY = Failure(type="RefreshFailed", message="m", remedy="r")


@pytest.mark.parametrize(
    ("seen", "decision"),
    [
        (ACTIVE, "wait"),
        (replace(ACTIVE, repairs=1), "wait"),
        (SKIPPED, "again"),
        (FAILED, "repair"),
        (REPAIRED, "failed"),
        (CANCELLED, "cancelled"),
        (DONE, "succeeded"),
        (replace(DONE, repairs=1), "succeeded"),
    ],
)
def test_a_failed_run_is_repaired_once_and_a_skipped_one_put_back(
    seen: JobRun, decision: Decision
) -> None:
    assert decide(seen, refused=False, cancel=False).decision == decision


def test_a_run_that_cannot_be_repaired_has_failed() -> None:
    assert decide(FAILED, refused=True, cancel=False).decision == "failed"


@pytest.mark.parametrize(
    ("seen", "decision"),
    [(ACTIVE, "wait"), (SKIPPED, "cancelled"), (FAILED, "cancelled"), (DONE, "succeeded")],
)
def test_who_asked_for_an_end_gets_no_repair_and_no_other_start(
    seen: JobRun, decision: Decision
) -> None:
    assert decide(seen, refused=False, cancel=True).decision == decision


def test_a_failure_names_its_tasks_and_repeats_nothing_that_they_wrote() -> None:
    told = TaskState(task="silver", state="FAILED", message="bad row: anna@example.org")
    error = decide(replace(REPAIRED, tasks=(told,)), refused=False, cancel=False).error
    assert error is not None
    assert "silver" in error.message
    assert "anna" not in error.message


def record() -> RefreshRecord:
    found = next_handover(None, {"crm/dbo.A": [run("A", 1)]}, {"crm/dbo.A": spec("A")}, AT)
    assert found is not None
    return record_of(found, "bronze/_handover/00000001.json", "d" * 64)


def test_an_attempt_whose_run_ended_is_followed_by_another_one() -> None:
    running = started(record(), 1, 7, AT)
    failed = ended(running, 1, state="failed", error=WHY, over=True, at=AT)
    again = take_up(failed)
    assert (again.state, again.attempt, again.job_run_id, again.error) == ("queued", 2, None, None)
    assert again.token_of(2) != running.token_of(1)


def test_an_attempt_whose_run_may_live_is_taken_up_with_the_same_token() -> None:
    running = started(record(), 1, 7, AT)
    lost = ended(running, 1, state="failed", error=WHY, over=False, at=AT)
    again = take_up(lost)
    assert (again.state, again.attempt, again.job_run_id) == ("queued", 1, 7)


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_taking_up_what_is_under_way_or_done_changes_nothing(state: str) -> None:
    known = replace(record(), state=state)
    assert take_up(known) == known


def test_a_late_execution_changes_nothing_of_a_later_attempt() -> None:
    later = start_again(started(record(), 1, 7, AT), 1)
    assert later.attempt == 2
    assert start_again(later, 1) == later
    assert started(later, 1, 7, AT) == later
    assert ended(later, 1, state="failed", error=WHY, over=True, at=AT) == later


def test_only_what_is_under_way_can_be_cancelled() -> None:
    assert cancel(record()).cancel_requested
    done = replace(record(), state="succeeded")
    assert cancel(done) == done
