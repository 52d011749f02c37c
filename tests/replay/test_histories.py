"""Orchestrations that were begun by an earlier version go on under this one, step by step."""

from collections.abc import Iterator
from typing import Any

import pytest
from flights import REMEDY, Flight, declared, exchanged, flights, keeps, read_back, surviving
from rehearsal import continued_with, scheduled
from write_histories import FOLDER, scenarios

from shared.durable import steps

CASES = [pytest.param(flight, id=flight.name) for flight in flights()]


@pytest.mark.parametrize("flight", CASES)
def test_a_stored_history_still_replays(flight: Flight) -> None:
    with surviving(f"{flight.flow} asks for other steps than in {flight.name!r}"):
        state: dict[str, Any] = {}
        for part in flight.episodes():
            state, tasks = flight.replay(part)
            asked = {number: vars(task.action_repr) for number, task in tasks.items()}
            for number, event in scheduled(part).items():
                assert asked[number].get("function_name") == event.get("Name")
                assert asked[number].get("instance_id") == event.get("InstanceId")
        # The last thing that an orchestration may do is to begin anew.
        assert bool(state["isDone"] or continued_with(state)) is flight.done
        assert keeps(state.get("output"), flight.output) or not state["isDone"]


@pytest.mark.parametrize("flight", CASES)
def test_what_was_scheduled_in_an_episode_is_asked_for_by_its_replay(flight: Flight) -> None:
    with surviving(f"{flight.flow} asks for steps at other moments than in {flight.name!r}"):
        whole = scheduled(flight.history)
        parts = flight.episodes()
        for part, following in zip(parts, [*parts[1:], flight.history], strict=True):
            _, tasks = flight.replay(part)
            assert set(tasks) == set(scheduled(following)) <= set(whole)


@pytest.mark.parametrize("flight", CASES)
def test_what_was_given_and_answered_is_still_understood_whole(flight: Flight) -> None:
    for name, side, value in exchanged(flight):
        with surviving(f"what {name} {side} is read otherwise than in {flight.name!r}"):
            assert keeps(read_back(value, getattr(declared()[name], side)), value)


def test_every_scenario_has_its_history() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(scenarios())


def test_every_step_and_flow_is_in_flight_somewhere() -> None:
    seen = {(name, side) for flight in flights() for name, side, _ in exchanged(flight)}
    assert seen == {(name, side) for name in declared() for side in ("takes", "gives")}


def test_orchestrations_were_cut_off_in_the_middle() -> None:
    assert {"load_batch", "load_table"} <= {each.flow for each in flights() if not each.done}


def test_a_changed_order_of_steps_is_told_of_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [flight] = [each for each in flights() if each.name == "load_table-loaded"]
    monkeypatch.setattr(steps.judge_quality.__class__, "__call__", _nothing)
    with (
        pytest.raises(AssertionError, match=REMEDY.split(" (", maxsplit=1)[0]),
        surviving(flight.name),
    ):
        flight.replay(flight.episodes()[-1])


def _nothing(*_given: object) -> Iterator[None]:
    """Stand in for a step that is not called any more."""
    return iter(())
