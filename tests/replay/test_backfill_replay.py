"""A backfill, replayed: group after group, anew with a short history, resumable and cancellable."""

from dataclasses import replace
from typing import Any

import pytest
from rehearsal import Broken, failure, rehearse
from scripts import BACKFILL, BackfillScript

from orchestrators.backfill import GROUPS_PER_GENERATION
from shared.durable.steps import backfill


def test_a_backfill_loads_its_groups_oldest_first_and_one_after_the_other() -> None:
    script = BackfillScript(3)
    run = rehearse(backfill, BACKFILL, script)
    group = ["next_windows", "load_table", "close_windows"]
    assert run.steps == ["plan_backfill", *group * 3, "next_windows", "close_order"]
    assert script.closed == [(1, "succeeded"), (2, "succeeded"), (3, "succeeded")]
    assert run.output["state"] == "succeeded"
    assert run.peaks["load_table"] == 1


def test_the_load_of_a_group_is_told_its_windows() -> None:
    [given] = rehearse(backfill, BACKFILL, BackfillScript(1)).given("load_table")
    assert (given["mode"], given["part"]) == ("backfill", 1)
    assert given["spans"] == [{"after": "1", "upto": "2", "nulls": False, "by_key": False}]


@pytest.mark.parametrize("generations", [1, 3])
def test_a_long_backfill_begins_anew_with_a_short_history(generations: int) -> None:
    groups = GROUPS_PER_GENERATION * generations + 1
    script = BackfillScript(groups)
    run = rehearse(backfill, BACKFILL, script)
    assert run.generations == generations + 1
    assert [part for part, _ in script.closed] == list(range(1, groups + 1))
    assert run.names.count("plan_backfill") == 1
    assert run.output["state"] == "succeeded"


def test_a_failed_group_is_left_for_a_rerun_and_the_rest_goes_on() -> None:
    script = BackfillScript(3, failing=frozenset({2}))
    run = rehearse(backfill, BACKFILL, script)
    assert script.closed == [(1, "succeeded"), (2, "failed"), (3, "succeeded")]
    assert run.steps[-1] == "raise_alert"
    assert run.output["state"] == "failed"


def test_a_group_whose_orchestration_broke_is_closed_as_failed() -> None:
    script = BackfillScript(2)

    def dying(name: str, payload: Any) -> Any:
        if name == "load_table" and payload["part"] == 1:
            raise Broken("terminated")
        return script(name, payload)

    run = rehearse(backfill, BACKFILL, dying)
    assert script.closed == [(1, "failed"), (2, "succeeded")]
    assert run.given("close_windows")[0]["error"]["type"] == "HostFailed"


def test_a_cancelled_backfill_ends_after_the_group_it_is_loading() -> None:
    script = BackfillScript(10, cancelled_after=2)
    run = rehearse(backfill, BACKFILL, script)
    assert script.closed == [(1, "succeeded"), (2, "succeeded")]
    assert run.output["state"] == "cancelled"


def test_a_period_that_cannot_be_cut_closes_the_order_with_the_cause() -> None:
    script = BackfillScript(1)

    def broken(name: str, payload: Any) -> Any:
        return failure("BadOrder") if name == "plan_backfill" else script(name, payload)

    run = rehearse(backfill, BACKFILL, broken)
    assert run.steps == ["plan_backfill", "close_order"]
    assert run.given("close_order")[0]["broke"]["type"] == "BadOrder"


def test_a_second_attempt_loads_under_ids_of_its_own() -> None:
    again = replace(BACKFILL, order=replace(BACKFILL.order, attempt=2))
    first = rehearse(backfill, BACKFILL, BackfillScript(2))
    second = rehearse(backfill, again, BackfillScript(2))
    ids = [work.instance for run in (first, second) for work in run.done if work.instance]
    assert len(set(ids)) == 4


def test_no_generation_has_more_than_fifty_children() -> None:
    run = rehearse(backfill, BACKFILL, BackfillScript(3 * GROUPS_PER_GENERATION))
    assert GROUPS_PER_GENERATION <= 50
    assert run.steps.count("load_table") == 3 * GROUPS_PER_GENERATION
