"""Orchestrations that were begun by an earlier version go on under this one, step by step."""

import json
from pathlib import Path
from typing import Any

import pytest
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType as Event
from rehearsal import continued_with, play, scheduled
from write_histories import FOLDER, scenarios

HISTORIES = sorted(FOLDER.glob("*.json"))


def stored(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def episodes(history: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Cut a history where the orchestrator was called: what it was told each time."""
    starts = [
        number
        for number, event in enumerate(history)
        if number and event["EventType"] == Event.ORCHESTRATOR_STARTED
    ]
    created = {Event.TASK_SCHEDULED, Event.TIMER_CREATED, Event.SUB_ORCHESTRATION_INSTANCE_CREATED}
    whole = [*starts, len(history) + 1]
    told = [history[: end - 1] for end in whole]
    return [_without_tail(part, created) for part in told]


def _without_tail(part: list[dict[str, Any]], created: set[Event]) -> list[dict[str, Any]]:
    while part and part[-1]["EventType"] in created:
        part = part[:-1]
    return part


def keeps(now: Any, before: Any) -> bool:
    """Say whether everything that was there is there unchanged; a field more is welcome."""
    if isinstance(now, dict) and isinstance(before, dict):
        return all(name in now and keeps(now[name], before[name]) for name in before)
    return bool(now == before)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_still_replays(path: Path) -> None:
    known = stored(path)
    for part in episodes(known["history"]):
        state, tasks = play(known["flow"], part, "instance")
        asked = {number: vars(task.action_repr) for number, task in tasks.items()}
        for number, event in scheduled(part).items():
            assert asked[number].get("function_name") == event.get("Name")
            assert asked[number].get("instance_id") == event.get("InstanceId")
        assert continued_with(state) is None
    assert state["isDone"]
    assert keeps(state["output"], known["output"])


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_what_was_scheduled_in_an_episode_is_asked_for_by_its_replay(path: Path) -> None:
    known = stored(path)
    whole = scheduled(known["history"])
    parts = episodes(known["history"])
    for part, following in zip(parts, [*parts[1:], known["history"]], strict=True):
        _, tasks = play(known["flow"], part, "instance")
        assert set(tasks) == set(scheduled(following)) <= set(whole)


def test_every_scenario_has_its_history() -> None:
    assert {path.stem for path in HISTORIES} == set(scenarios())
