"""One table's load, replayed event by event: turn, plan, slices, verdict, claim, and the way forward."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rehearsal import Again, Broken, Busy, Rehearsal, failure, newest, oldest, rehearse
from scripts import TABLE_ORDER, USUAL, LoadScript, plan, succeeded

from orchestrators.load_table import QUESTIONS_PER_GENERATION
from shared.durable.steps import SOURCE, TurnAnswer, load_table
from shared.loading.receipt import Verdict
from shared.loading.turn import Claim

PATH = ["take_turn", "plan_load", "extract_slice", "extract_slice", "extract_slice"]
COMMIT = ["judge_quality", "claim_commit", "publish", "advance_watermark", "end_turn"]
ASIDE = replace(plan(), quarantined=True)
IDLE = Verdict(landing="l", rows=0, files=0, bytes=0, idle=True)
OTHER = Claim(run_id="other", epoch=1, run_no=1, plan="other.json", landing="other-l.json")


def load(**answers: list[object]) -> Rehearsal:
    return rehearse(load_table, TABLE_ORDER, LoadScript(**answers))


def test_a_load_goes_from_its_turn_to_its_watermark() -> None:
    run = load()
    assert run.steps == PATH + COMMIT
    assert run.output["state"] == "succeeded"
    assert run.output["outcome"] == "loaded"
    assert run.output["ended_at"] == "2026-01-01T00:00:00+00:00"


def test_the_claim_names_run_epoch_plan_and_landing() -> None:
    [wanted] = load().given("claim_commit")
    assert wanted["claim"] == {
        "run_id": TABLE_ORDER.run_id,
        "epoch": 1,
        "run_no": 1,
        "plan": plan().path,
        "landing": "l.json",
    }
    assert wanted["record"]["state"] == "committing"
    assert wanted["record"]["rows"] == 30


def test_a_source_with_nothing_to_read_ends_at_the_plan() -> None:
    run = load(plan_load=[plan(slices=0)])
    assert run.steps == ["take_turn", "plan_load", "end_turn"]
    assert (run.output["state"], run.output["outcome"]) == ("succeeded", "nothing_new")
    assert run.output["watermark_after"] == "2025-12-31 00:00:00.000000"


def test_rows_that_were_all_known_are_not_committed() -> None:
    idle = Verdict(landing="l", rows=0, files=0, bytes=0, idle=True)
    run = load(judge_quality=[idle])
    assert run.steps == [*PATH, "judge_quality", "end_turn"]
    assert run.output["outcome"] == "nothing_new"
    assert run.given("end_turn")[0]["staged"] == plan().path


def test_a_busy_turn_is_asked_for_again_after_growing_pauses() -> None:
    busy = TurnAnswer(taken=False)
    run = load(take_turn=[busy] * 8 + [USUAL])
    seconds = [pause / timedelta(seconds=1) for pause in run.pauses]
    assert seconds == [0.25, 0.5, 1, 2, 4, 5, 5, 5]
    assert run.output["state"] == "succeeded"


def test_waiting_for_a_turn_starts_over_before_history_grows() -> None:
    busy = TurnAnswer(taken=False)
    run = load(take_turn=[busy] * (2 * QUESTIONS_PER_GENERATION + 1) + [USUAL])
    assert run.generations == 3
    assert run.output["state"] == "succeeded"


def test_a_load_waits_for_more_events_until_it_is_due() -> None:
    held = TurnAnswer(taken=False, due_at="2026-01-01T00:00:10+00:00")
    run = load(take_turn=[held, USUAL])
    [pause] = run.pauses
    assert timedelta(0) < pause <= timedelta(seconds=10)
    assert run.steps[:3] == ["take_turn", "take_turn", "plan_load"]
    assert run.output["state"] == "succeeded"


def test_a_load_that_is_due_by_the_hosts_clock_asks_again_at_once() -> None:
    held = TurnAnswer(taken=False, due_at="2020-01-01T00:00:10+00:00")
    assert load(take_turn=[held, USUAL]).pauses == []


def test_a_load_that_somebody_else_has_served_reads_nothing() -> None:
    run = load(take_turn=[TurnAnswer(taken=False), TurnAnswer(taken=False, served=True)])
    assert run.steps == ["take_turn", "take_turn", "end_turn"]
    assert run.output["outcome"] == "nothing_new"


def test_a_passing_fault_is_tried_again_after_growing_pauses() -> None:
    run = load(plan_load=[Again(failure("SourceUnavailable"))] * 4 + [USUAL])
    assert run.steps.count("plan_load") == 5
    assert [pause.total_seconds() for pause in run.pauses] == [2, 4, 8, 16]
    assert run.output["state"] == "succeeded"


def test_a_pause_that_a_source_asks_for_is_waited_out_up_to_an_hour() -> None:
    throttled = failure("SourceThrottled")
    run = load(
        plan_load=[Again(throttled, 1800), Again(throttled, 90_000), Again(throttled), USUAL]
    )
    assert [pause.total_seconds() for pause in run.pauses] == [1800, 3600, 8]
    assert run.output["state"] == "succeeded"


def test_a_fault_that_does_not_pass_fails_the_run_after_the_last_attempt() -> None:
    run = load(plan_load=[Again(failure("SourceUnavailable"))])
    assert run.steps.count("plan_load") == SOURCE.attempts
    assert run.output["state"] == "failed"
    assert run.output["error"]["type"] == "SourceUnavailable"


def test_waiting_for_a_connection_is_no_failed_attempt() -> None:
    run = load(plan_load=[Busy(failure("ConnectionSlotsTaken"))] * 20 + [USUAL])
    assert len(run.pauses) == 20
    assert run.output["state"] == "succeeded"


@pytest.mark.parametrize(
    "step",
    ["plan_load", "extract_slice", "judge_quality", "claim_commit", "publish", "advance_watermark"],
)
def test_a_permanent_failure_ends_the_turn_with_a_failed_record(step: str) -> None:
    run = load(**{step: [failure("SchemaDrifted")]})
    assert run.steps[-1] == "end_turn"
    assert run.steps[-2] == step
    [end] = run.given("end_turn")
    assert end["epoch"] == 1
    assert end["record"]["state"] == "failed"
    assert end["record"]["outcome"] is None
    assert end["record"]["error"]["type"] == "SchemaDrifted"


def test_a_failure_after_the_plan_keeps_what_the_plan_said() -> None:
    run = load(judge_quality=[failure("ReceiptBroken")])
    assert run.output["bound"]["how"] == "settled"
    assert run.output["watermark_after"] == run.output["watermark_before"]


def test_an_activity_that_the_host_ended_fails_the_run() -> None:
    script = LoadScript()

    def dying(name: str, payload: object) -> object:
        if name == "judge_quality":
            raise Broken("the worker went away")
        return script(name, payload)

    run = rehearse(load_table, TABLE_ORDER, dying)
    assert run.output["state"] == "failed"
    assert run.output["error"]["type"] == "HostFailed"
    assert run.steps[-1] == "end_turn"


def test_an_unfinished_commit_of_another_run_is_carried_to_its_end_first() -> None:
    run = load(take_turn=[TurnAnswer(taken=True, epoch=2, unfinished=OTHER)])
    assert run.steps[:4] == ["take_turn", "publish", "advance_watermark", "plan_load"]
    first, second = run.given("publish")
    assert first["claim"]["run_id"] == "other"
    assert second["claim"]["run_id"] == TABLE_ORDER.run_id
    assert run.output["state"] == "succeeded"


def test_an_unfinished_commit_of_the_same_run_is_all_there_is_to_do() -> None:
    own = replace(OTHER, run_id=TABLE_ORDER.run_id)
    order = replace(TABLE_ORDER, attempt=2)
    answers = {"take_turn": [TurnAnswer(taken=True, epoch=2, unfinished=own)]}
    run = rehearse(load_table, order, LoadScript(**answers))
    assert run.steps == ["take_turn", "publish", "advance_watermark", "end_turn"]
    assert (run.output["state"], run.output["attempt"]) == ("succeeded", 2)


def test_a_commit_that_cannot_be_rolled_forward_fails_the_run_before_it_reads() -> None:
    run = load(
        take_turn=[TurnAnswer(taken=True, epoch=2, unfinished=OTHER)],
        publish=[failure("PlanUnreadable")],
    )
    assert run.steps == ["take_turn", "publish", "end_turn"]
    assert run.output["error"]["type"] == "PlanUnreadable"


def read_by_children(run: Rehearsal) -> list[int]:
    return sorted(g["number"] for child in run.children for g in child.given("extract_slice"))


@pytest.mark.parametrize("choose", [newest, oldest])
@pytest.mark.parametrize("parallel", [1, 2, 5])
def test_no_more_slices_than_allowed_are_read_at_once(parallel: int, choose: object) -> None:
    script = LoadScript(plan_load=[plan(slices=40, parallel=parallel)])
    run = rehearse(load_table, TABLE_ORDER, script, choose=choose)  # type: ignore[arg-type] - newest or oldest
    assert run.peaks["extract_lane"] == parallel
    assert {child.peaks["extract_slice"] for child in run.children} == {1}
    assert read_by_children(run) == list(range(40))
    assert run.output["state"] == "succeeded"


def test_few_slices_are_read_at_once_without_lanes() -> None:
    run = load(plan_load=[plan(slices=5, parallel=5)])
    assert run.peaks["extract_slice"] == 5
    assert not run.children


def test_a_lane_reads_nothing_after_a_slice_that_failed() -> None:
    script = LoadScript(plan_load=[plan(slices=40, parallel=2)])

    def broken(name: str, payload: dict[str, int]) -> object:
        if name == "extract_slice" and payload["number"] == 3:
            return failure("ValueUnsupported")
        return script(name, payload)

    run = rehearse(load_table, TABLE_ORDER, broken, choose=oldest)
    assert read_by_children(run) == sorted([1, 3, *range(0, 40, 2)])
    assert run.output["error"]["type"] == "ValueUnsupported"
    assert "claim_commit" not in run.steps


def test_only_the_slice_that_met_a_passing_fault_is_read_again() -> None:
    script = LoadScript(plan_load=[plan(slices=3)])
    tried: list[int] = []

    def flaky(name: str, payload: dict[str, int]) -> object:
        if name == "extract_slice":
            tried.append(payload["number"])
            if payload["number"] == 0 and tried.count(0) == 1:
                return Again(failure("SourceThrottled"))
        return script(name, payload)

    run = rehearse(load_table, TABLE_ORDER, flaky, choose=oldest)
    assert tried == [0, 1, 2, 0]
    assert run.output["state"] == "succeeded"


@pytest.mark.parametrize(("slices", "generations"), [(100, 1), (101, 2), (301, 4)])
def test_a_long_lane_starts_over_before_its_history_grows(slices: int, generations: int) -> None:
    script = LoadScript(plan_load=[plan(slices=slices, parallel=2)])
    run = rehearse(load_table, TABLE_ORDER, script)
    assert read_by_children(run) == list(range(slices))
    assert max(child.generations for child in run.children) == generations
    assert all(len(run.history) < 500 for run in run.every())


def test_a_lane_that_the_host_ended_ends_the_load_after_the_others() -> None:
    script = LoadScript(plan_load=[plan(slices=120, parallel=2)])

    def dying(name: str, payload: dict[str, int]) -> object:
        if name == "extract_lane" and payload["first"] == 1:
            raise Broken("terminated")
        return script(name, payload)

    run = rehearse(load_table, TABLE_ORDER, dying)
    assert run.output["error"]["type"] == "HostFailed"
    assert run.steps[-1] == "end_turn"
    assert read_by_children(run) == list(range(0, 120, 2))


@pytest.mark.parametrize("step", ["plan_load", "extract_slice", "claim_commit"])
def test_a_load_that_was_cancelled_gives_its_turn_back_and_is_no_failure(step: str) -> None:
    run = load(**{step: [failure("LoadCancelled")]})
    assert run.steps[-2:] == [step, "end_turn"]
    assert (run.output["state"], run.output["error"]) == ("cancelled", None)
    assert (run.output["outcome"], run.output["rows"], run.output["files"]) == (None, 0, 0)


def test_a_load_that_was_cancelled_while_it_waited_reads_nothing() -> None:
    busy = TurnAnswer(taken=False)
    run = load(take_turn=[busy, TurnAnswer(taken=False, cancelled=True)])
    assert run.steps == ["take_turn", "take_turn", "end_turn"]
    assert run.output["state"] == "cancelled"
    assert run.given("end_turn")[0]["epoch"] == 0


def test_slices_say_for_which_attempt_they_are_read() -> None:
    order = replace(TABLE_ORDER, attempt=3)
    for slices in (2, 9):
        script = LoadScript(plan_load=[plan(slices=slices, parallel=2)])
        run = rehearse(load_table, order, script)
        read = [given for each in run.every() for given in each.given("extract_slice")]
        assert [given["attempt"] for given in read] == [3] * slices


def test_the_ledger_gets_what_the_run_came_to() -> None:
    [end] = load(advance_watermark=[succeeded()]).given("end_turn")
    assert end["record"]["outcome"] == "loaded"
    assert end["staged"] == plan().path


@pytest.mark.parametrize(
    ("answers", "rows"),
    [
        ({"plan_load": [ASIDE]}, 30),
        ({"plan_load": [replace(ASIDE, slices=0)]}, 0),
        ({"plan_load": [ASIDE], "judge_quality": [IDLE]}, 0),
    ],
    ids=["read", "known", "nothing to read"],
)
def test_what_may_not_land_is_quarantined_and_no_failure(
    answers: dict[str, list[object]], rows: int
) -> None:
    run = load(**answers)
    [end] = run.given("end_turn")
    record = run.given("claim_commit")[0]["record"] if rows else end["record"]
    assert (record["outcome"], record["rows"]) == ("quarantined", rows)
    assert end["record"]["state"] == "succeeded"
