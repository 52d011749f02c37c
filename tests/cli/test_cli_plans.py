"""`tidemark plan`: what is asked, what people see, and when it ends with 1."""

import json

import pytest
from api_answers import FAILURE, POSITION, TABLE, plan
from cli_call import Call
from playback_server import Playback

PLANS = "POST /api/plans"


def test_a_plan_shows_bound_slices_statement_and_rows(api: Playback, call: Call) -> None:
    api.play(PLANS, plan())
    result = call("plan", TABLE)
    assert result.exit_code == 0
    assert api.asked[0].body == {"table": TABLE}
    assert f"{POSITION} (settled)" in result.stdout
    assert 'FROM "dbo"."DimUser"' in result.stdout
    assert f"slice 0; of 0: 1 = {POSITION}" in result.stdout
    assert "about 12,345 rows in 1 slice" in result.stdout


def test_a_plan_says_what_holds_the_bound_back_and_what_has_drifted(
    api: Playback, call: Call
) -> None:
    held = {
        "value": POSITION,
        "how": "exact",
        "held_back_since": "2026-01-30 23:00:00",
        "held_back_by": "pid 4711, user app",
    }
    api.play(PLANS, plan(bound=held, drift=["column age (int4) is new"]))
    output = call("plan", TABLE).stdout
    assert "a transaction is open since 2026-01-30 23:00:00 (pid 4711, user app)" in output
    assert "column age (int4) is new" in output


def test_a_statement_of_many_slices_is_shown_once(api: Playback, call: Call) -> None:
    [part] = plan()["slices"]
    api.play(PLANS, plan(slices=[part, part | {"number": 1, "values": {"1": "b", "2": "c"}}]))
    output = call("plan", TABLE).stdout
    assert output.count("SELECT") == 1
    assert f"slices 0 to 1; of 0: 1 = {POSITION}" in output


def test_an_idle_plan_reads_nothing(api: Playback, call: Call) -> None:
    api.play(PLANS, plan(slices=[], estimated_rows=0))
    result = call("plan", TABLE)
    assert result.exit_code == 0
    assert "nothing" in result.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_load_that_would_be_stopped_ends_with_one(
    api: Playback, call: Call, options: tuple[str, ...]
) -> None:
    empty = {"bound": None, "found": None, "columns": [], "slices": [], "estimated_rows": None}
    api.play(PLANS, plan(stops=FAILURE, **empty))
    result = call("plan", TABLE, *options)
    assert result.exit_code == 1
    assert "SchemaDrifted" in result.stdout
    assert "Restore the column, then rerun." in result.stdout


def test_a_plan_as_json_is_the_answer(api: Playback, call: Call) -> None:
    api.play(PLANS, plan())
    assert json.loads(call("--json", "plan", TABLE).stdout) == plan()


def test_a_plan_sends_what_was_given(api: Playback, call: Call) -> None:
    api.play(PLANS, plan())
    call("plan", TABLE, "--mode", "incremental", "--after", "2026-01-01")
    call("plan", TABLE, "--from", "2026-01-01", "--to", "2026-02-01")
    call("plan", TABLE, "--all")
    assert [asked.body for asked in api.asked] == [
        {"table": TABLE, "mode": "incremental", "after": "2026-01-01"},
        {"table": TABLE, "from": "2026-01-01", "to": "2026-02-01"},
        {"table": TABLE, "mode": "backfill"},
    ]
    assert {asked.once for asked in api.asked} == {None}


@pytest.mark.parametrize(
    "options",
    [("--all", "--to", "1"), ("--all", "--after", "1"), ("--from", "1", "--mode", "initial")],
)
def test_a_period_goes_with_nothing_else(
    api: Playback, call: Call, options: tuple[str, ...]
) -> None:
    assert call("plan", TABLE, *options).exit_code == 2
    assert api.asked == []
