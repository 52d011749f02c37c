"""Ordering loads, backfills and reruns: what is sent, what is waited for, how it ends."""

import json

import pytest
from api_answers import (
    FAILURE,
    ORDER,
    OTHER,
    RUN,
    TABLE,
    accepted,
    backfill,
    order,
    table_of_order,
)
from cli_call import Call
from playback_server import Playback

GET_ORDER = f"GET /api/orders/{ORDER}"
GET_BACKFILL = f"GET /api/backfills/{ORDER}"


def place_load(api: Playback) -> None:
    api.play("POST /api/loads", accepted(), 202)


def test_a_load_waits_for_the_end_of_its_order(api: Playback, call: Call) -> None:
    place_load(api)
    api.play(GET_ORDER, order("queued", {"table": TABLE, "state": "queued"}))
    api.play(GET_ORDER, order("running", table_of_order(state="committing")))
    api.play(GET_ORDER, order("succeeded", table_of_order()))
    result = call("load", TABLE)
    assert result.exit_code == 0
    assert api.routes == ["POST /api/loads", GET_ORDER, GET_ORDER, GET_ORDER]
    assert "12,345" in result.stdout
    assert "2.0 KiB" in result.stdout
    assert "2 min 5 s" in result.stdout


def test_a_load_sends_only_what_was_given(api: Playback, call: Call) -> None:
    place_load(api)
    call("load", "--no-wait")
    call("load", TABLE, OTHER, "--source", "spotify", "--mode", "initial", "--no-wait")
    call("load", "--after", "2026-01-01", "--no-wait")
    assert [asked.body for asked in api.asked] == [
        {"mode": "incremental"},
        {"mode": "initial", "tables": [TABLE, OTHER], "source": "spotify"},
        {"mode": "incremental", "after": "2026-01-01"},
    ]


def test_no_wait_ends_at_once_and_says_where_to_look(api: Playback, call: Call) -> None:
    place_load(api)
    result = call("load", TABLE, "--no-wait")
    assert result.exit_code == 0
    assert api.routes == ["POST /api/loads"]
    assert ORDER in result.stdout
    assert f"tidemark runs {ORDER}" in result.stderr


def test_a_failed_table_fails_the_command_and_says_what_to_do(api: Playback, call: Call) -> None:
    place_load(api)
    failed = table_of_order(OTHER, "failed", error=FAILURE)
    api.play(GET_ORDER, order("failed", table_of_order(), failed))
    result = call("load")
    assert result.exit_code == 1
    assert f"{OTHER}: SchemaDrifted: column plan is gone" in result.stdout
    assert "Restore the column, then rerun." in result.stdout


def test_a_cancelled_order_is_no_success(api: Playback, call: Call) -> None:
    place_load(api)
    api.play(GET_ORDER, order("cancelled"))
    assert call("load").exit_code == 1


def test_a_quarantined_run_is_a_success_that_says_so(api: Playback, call: Call) -> None:
    place_load(api)
    api.play(GET_ORDER, order("succeeded", table_of_order(outcome="quarantined")))
    result = call("load")
    assert result.exit_code == 0
    assert "succeeded, quarantined" in result.stdout


@pytest.mark.parametrize("arguments", [("--json", "load"), ("load", "--json")])
def test_json_is_the_last_answer_and_nothing_else(
    api: Playback, call: Call, arguments: tuple[str, ...]
) -> None:
    place_load(api)
    ended = order("failed", table_of_order(state="failed", error=FAILURE | {"message": "gr\xfcn"}))
    api.play(GET_ORDER, order("running"))
    api.play(GET_ORDER, ended)
    result = call(*arguments)
    assert json.loads(result.stdout) == ended
    assert result.stdout.isascii()
    assert result.exit_code == 1


def test_a_backfill_sends_its_period_and_waits(api: Playback, call: Call) -> None:
    api.play("POST /api/backfills", accepted("backfills"), 202)
    api.play(GET_BACKFILL, backfill("running", "succeeded", "running"))
    api.play(GET_BACKFILL, backfill("succeeded", "succeeded", "succeeded"))
    period = ("--from", "2026-01-01", "--to", "2026-01-03", "--window", "1d", "--parallel", "3")
    result = call("backfill", TABLE, *period)
    assert result.exit_code == 0
    assert api.asked[0].body == {
        "table": TABLE,
        "from": "2026-01-01",
        "to": "2026-01-03",
        "window": "1d",
        "parallel": 3,
    }
    assert api.routes[1:] == [GET_BACKFILL, GET_BACKFILL]
    assert "2 of 2 loaded" in result.stdout


def test_a_failed_window_fails_the_backfill(api: Playback, call: Call) -> None:
    api.play("POST /api/backfills", accepted("backfills"), 202)
    api.play(GET_BACKFILL, backfill("failed", "succeeded", "failed"))
    result = call("backfill", TABLE, "--from", "2026-01-01", "--to", "2026-01-03")
    assert result.exit_code == 1
    assert "window 1: SchemaDrifted" in result.stdout


def test_an_error_of_a_group_of_windows_is_told_once(api: Playback, call: Call) -> None:
    api.play(GET_BACKFILL, backfill("failed", "failed", "failed", "failed"))
    assert call("backfill", "--status", ORDER).stdout.count("SchemaDrifted") == 1


def test_showing_a_failed_backfill_is_a_success(api: Playback, call: Call) -> None:
    api.play(GET_BACKFILL, backfill("failed", "failed"))
    assert call("backfill", "--status", ORDER).exit_code == 0


def test_cancelling_asks_for_the_end_and_does_not_wait(api: Playback, call: Call) -> None:
    view = backfill("running", "running", "queued", cancel_requested=True)
    api.play(f"DELETE /api/backfills/{ORDER}", view, 202)
    result = call("backfill", "--cancel", ORDER)
    assert result.exit_code == 0
    assert "running, asked to end" in result.stdout
    assert len(api.asked) == 1


def test_cancel_takes_an_order_or_a_run(api: Playback, call: Call) -> None:
    asked = order("running", table_of_order(state="running")) | {"cancel_requested": True}
    api.play(f"DELETE /api/orders/{ORDER}", asked, 202)
    api.play(f"DELETE /api/runs/{RUN}", order("running", table_of_order(state="running")), 202)
    assert "running, asked to end" in call("cancel", ORDER).stdout
    assert RUN in call("cancel", RUN).stdout
    assert api.routes == [f"DELETE /api/orders/{ORDER}", f"DELETE /api/runs/{RUN}"]


def test_resuming_runs_the_backfill_again_and_waits(api: Playback, call: Call) -> None:
    api.play(GET_BACKFILL, backfill("cancelled", "succeeded", "queued"))
    api.play(f"POST /api/runs/{ORDER}/rerun", accepted("backfills"), 202)
    api.play(GET_BACKFILL, backfill("succeeded", "succeeded", "succeeded"))
    result = call("backfill", "--resume", ORDER)
    assert result.exit_code == 0
    assert api.routes == [GET_BACKFILL, f"POST /api/runs/{ORDER}/rerun", GET_BACKFILL]


def test_resuming_what_is_no_backfill_runs_nothing(api: Playback, call: Call) -> None:
    api.play(GET_BACKFILL, {"detail": f"there is no backfill {ORDER}"}, 404)
    result = call("backfill", "--resume", ORDER)
    assert result.exit_code == 2
    assert api.routes == [GET_BACKFILL]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (TABLE,),
        (TABLE, "--all", "--from", "1"),
        (TABLE, "--all", "--window", "1d"),
        (TABLE, "--to", "1", "--window", "1d"),
        ("--status", ORDER, "--all"),
        (TABLE, "--status", ORDER),
        ("--status", ORDER, "--cancel", ORDER),
        ("--resume", ORDER, "--window", "1d"),
    ],
)
def test_a_backfill_is_one_thing_at_a_time(
    api: Playback, call: Call, arguments: tuple[str, ...]
) -> None:
    result = call("backfill", *arguments)
    assert result.exit_code == 2
    assert api.asked == []


def test_a_rerun_of_a_run_waits_for_its_order(api: Playback, call: Call) -> None:
    api.play(f"POST /api/runs/{RUN}/rerun", accepted(), 202)
    api.play(GET_ORDER, order("succeeded", table_of_order()))
    assert call("rerun", RUN).exit_code == 0
    assert api.routes[-1] == GET_ORDER


def test_a_rerun_of_a_backfill_waits_for_the_backfill(api: Playback, call: Call) -> None:
    api.play(f"POST /api/runs/{ORDER}/rerun", accepted("backfills"), 202)
    api.play(GET_BACKFILL, backfill("succeeded", "succeeded"))
    assert call("rerun", ORDER).exit_code == 0
    assert api.routes[-1] == GET_BACKFILL
