"""The app is accepted and called by the library that runs it on Azure (Python 3.13 and later)."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.durable import Flow, Step, steps

# The first of them makes the environment, which takes a busy machine its time.
pytestmark = pytest.mark.timeout(1800)


def names(kind: type) -> set[str]:
    return {value.name for value in vars(steps).values() if isinstance(value, kind)}


def of(worker: Mapping[str, Any], trigger: str) -> set[str]:
    return {name for name, triggers in worker["functions"].items() if triggers == [trigger]}


def test_the_worker_indexes_the_app(worker: Mapping[str, Any]) -> None:
    assert worker["started"]
    assert worker["indexed"]
    assert all(len(triggers) == 1 for triggers in worker["functions"].values())


def test_every_step_and_every_flow_is_a_function(worker: Mapping[str, Any]) -> None:
    assert of(worker, "activityTrigger") == names(Step)
    assert of(worker, "orchestrationTrigger") == names(Flow)


def test_the_triggers_of_the_app_are_functions(worker: Mapping[str, Any]) -> None:
    assert of(worker, "timerTrigger") == {"tick"}
    assert "on_data_changed" in of(worker, "eventGridTrigger")
    assert {"post_loads", "post_backfills", "get_health"} <= of(worker, "httpTrigger")


def test_an_activity_answers_a_payload_it_cannot_read_by_a_refusal(
    worker: Mapping[str, Any],
) -> None:
    assert worker["activity"]["ok"]
    refused = json.loads(worker["activity"]["answer"])["refused"]
    assert refused["type"] == "Unexpected"
    assert refused["remedy"]


def test_an_orchestrator_asks_for_its_first_step(worker: Mapping[str, Any]) -> None:
    assert worker["orchestrator"]["ok"]
    state = json.loads(worker["orchestrator"]["answer"])
    assert not state["isDone"]
    [[action]] = state["actions"]
    assert action["functionName"] == "open_order"


def test_a_route_answers_a_store_that_is_down_by_a_problem(worker: Mapping[str, Any]) -> None:
    assert worker["route"]["ok"], worker["route"]["error"]
    answer = worker["route"]["answer"]
    assert answer["status_code"] == "503"
    assert json.loads(answer["body"])["status"] == 503
