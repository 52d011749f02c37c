"""Refreshing the lakehouse: what is asked of the app, what people see, and how it ends."""

import json
from typing import Any

from api_answers import FAILURE
from cli_call import Call
from playback_server import Playback


def refresh(state: str, **more: Any) -> dict[str, Any]:
    return {
        "number": 17,
        "path": "bronze/_handover/00000017.json",
        "state": state,
        "attempt": 2,
        "job_run_id": 1009,
        "run_page": "https://adb-1.azuredatabricks.net/jobs/7/runs/1009",
        "tasks": [{"task": "silver", "state": "FAILED", "message": "boom"}],
        "error": None,
        "alert": "none",
        "cancel_requested": False,
        "tables": 2,
        "runs": 3,
        "created_at": "2026-01-31T00:00:00.000000Z",
        "started_at": None,
        "ended_at": None,
        "handed_over": [],
        "links": {"status": "http://127.0.0.1:1/api/refreshes/17"},
    } | more


ACCEPTED = {"number": 17, "state": "queued", "attempt": 2, "links": {}}


def test_a_refresh_is_seen_through_to_its_end(api: Playback, call: Call) -> None:
    api.play("POST /api/refreshes", ACCEPTED)
    api.play("GET /api/refreshes/17", refresh("running"))
    api.play("GET /api/refreshes/17", refresh("succeeded", ended_at="2026-01-31T00:01:05Z"))
    result = call("refresh")
    assert result.exit_code == 0
    assert "3 runs of 2 tables" in result.stdout
    assert "1 min 5 s" in result.stdout


def test_one_that_fails_says_why_and_where_to_look(api: Playback, call: Call) -> None:
    api.play("POST /api/refreshes", ACCEPTED)
    api.play("GET /api/refreshes/17", refresh("failed", error=FAILURE))
    result = call("refresh")
    assert result.exit_code == 1
    assert "adb-1.azuredatabricks.net/jobs/7/runs/1009" in result.stdout
    assert FAILURE["remedy"] in result.stdout
    assert "boom" in result.stdout


def test_nothing_to_hand_over_is_no_failure(api: Playback, call: Call) -> None:
    api.play("POST /api/refreshes", {"number": None, "state": "nothing_new", "attempt": None})
    result = call("refresh")
    assert (result.exit_code, api.routes) == (0, ["POST /api/refreshes"])
    assert "Nothing was published" in result.stdout


def test_refreshes_are_listed_shown_and_cancelled(api: Playback, call: Call) -> None:
    api.play("GET /api/refreshes", {"refreshes": [refresh("succeeded")], "next": None})
    assert "17" in call("refresh", "--list").stdout
    api.play("GET /api/refreshes/17", refresh("running"))
    found = json.loads(call("refresh", "--status", "17", "--json").stdout)
    assert found["job_run_id"] == 1009
    api.play("DELETE /api/refreshes/17", refresh("running", cancel_requested=True))
    assert "is being cancelled" in call("refresh", "--cancel", "17").stdout


def test_two_wishes_at_once_are_refused(call: Call) -> None:
    assert call("refresh", "--list", "--no-wait").exit_code == 2
    assert call("refresh", "--status", "1", "--cancel", "1").exit_code == 2


def test_a_release_waits_for_the_refresh_that_carries_it_out(api: Playback, call: Call) -> None:
    api.play("POST /api/refreshes", ACCEPTED | {"releases_waiting": 1})
    api.play("GET /api/refreshes/17", refresh("succeeded", ended_at="2026-01-31T00:01:05Z"))
    api.play("POST /api/refreshes", ACCEPTED | {"number": 18, "releases_waiting": 0})
    api.play("GET /api/refreshes/18", refresh("succeeded", number=18, releases=1, runs=0, tables=0))
    result = call("release", "shop/public.orders", "region=eu", "id=7=7")
    assert result.exit_code == 0
    assert api.asked[0].body == {
        "release": [{"table": "shop/public.orders", "key": {"region": "eu", "id": "7=7"}}]
    }
    assert "0 runs of 0 tables, 1 release" in result.stdout


def test_a_release_need_not_be_waited_for(api: Playback, call: Call) -> None:
    api.play("POST /api/refreshes", ACCEPTED | {"releases_waiting": 1})
    result = call("release", "shop/public.orders", "--no-wait")
    assert (result.exit_code, api.routes) == (0, ["POST /api/refreshes"])
    assert "The refresh after 17" in result.stdout
    assert call("release", "shop/public.orders", "7").exit_code == 2
