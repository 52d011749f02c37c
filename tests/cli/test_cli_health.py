"""`tidemark health`: what is asked after a deployment, and when it ends with 1."""

import json
from typing import Any

import pytest
from api_answers import FAILURE, TABLE
from cli_call import Call
from playback_server import Playback

from cli.commands import health as command

HEALTH, OPENAPI = "GET /api/health", "GET /api/openapi.json"
PLANS, ORDERS = "POST /api/plans", "GET /api/orders"
UP: dict[str, Any] = {
    "status": "up",
    "paused": False,
    "checks": {"lake": {"status": "up"}, "tables": {"status": "up", "count": 2}},
}
DOWN = {
    **UP,
    "status": "down",
    "checks": {"lake": {"status": "down", "error": "LakeUnavailable: no"}},
}
DESCRIBED = {
    "openapi": "3.1.0",
    "info": {"title": "Tidemark", "version": "1"},
    "paths": {"/api/loads": {"post": {}}, "/api/orders/{id}": {"get": {}, "delete": {}}},
}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_PAUSE_SECONDS", 0)


@pytest.fixture(autouse=True)
def _described(api: Playback) -> None:
    api.play(OPENAPI, DESCRIBED)


def orders(*states: str) -> dict[str, Any]:
    return {"orders": [{"state": state} for state in states], "next": None}


def test_an_app_that_is_well_is_shown_with_all_it_depends_on(api: Playback, call: Call) -> None:
    api.play(HEALTH, UP)
    result = call("health")
    assert result.exit_code == 0
    assert "lake" in result.stdout
    assert api.routes == [HEALTH, OPENAPI]


def test_what_is_down_is_named_and_ends_with_one(api: Playback, call: Call) -> None:
    api.play(HEALTH, DOWN, 503)
    result = call("health")
    assert result.exit_code == 1
    assert "LakeUnavailable: no" in result.stdout


def test_a_plan_that_would_be_stopped_ends_with_one(api: Playback, call: Call) -> None:
    api.play(HEALTH, UP)
    api.play(PLANS, {"stops": None})
    assert call("health", "--plan", TABLE).exit_code == 0
    api.play(PLANS, {"stops": FAILURE})
    call("health", "--plan", TABLE)
    result = call("health", "--plan", TABLE)
    assert result.exit_code == 1
    assert FAILURE["type"] in result.stdout


def test_json_holds_all_that_was_asked(api: Playback, call: Call) -> None:
    api.play(HEALTH, UP)
    found = json.loads(call("health", "--json").stdout)
    assert found["health"] == UP
    assert (found["version"], found["operations"]) == ("1", 3)


def test_an_app_that_wakes_up_late_is_waited_for(api: Playback, call: Call) -> None:
    api.play(HEALTH, b"warming up", 502)
    api.drop(HEALTH)
    api.play(HEALTH, DOWN, 503)
    api.play(HEALTH, UP)
    assert call("health", "--wait", "60").exit_code == 0
    assert api.routes.count(HEALTH) == 4


def test_an_app_that_is_not_there_ends_with_three(api: Playback, call: Call) -> None:
    api.play(HEALTH, b"gone", 502)
    assert call("health").exit_code == 3


def test_an_app_with_running_orders_or_one_that_begins_orders_is_not_drained(
    api: Playback, call: Call
) -> None:
    api.play(HEALTH, UP)
    api.play(ORDERS, orders())
    assert call("health", "--drained").exit_code == 1
    api.play(HEALTH, {**UP, "paused": True})
    call("health")
    api.play(ORDERS, orders("running"))
    call("health", "--drained")
    assert call("health", "--drained").exit_code == 1


def test_an_app_counts_as_drained_when_it_was_found_so_three_times_in_a_row(
    api: Playback, call: Call
) -> None:
    api.play(HEALTH, {**UP, "paused": True})
    # Two questions a look: what is running, and what commits.
    for running in ((), (), ("running",), (), (), (), (), (), (), ()):
        api.play(ORDERS, orders(*running))
    assert call("health", "--drained", "--wait", "60").exit_code == 0
    assert api.routes.count(ORDERS) == 2 * (1 + 1 + 3)
