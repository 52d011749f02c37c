"""What earlier versions have written down, and what to say where this one cannot go on with it."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType as Event
from rehearsal import play, scheduled

from shared.durable import Flow, Step, steps

FOLDER = Path(__file__).parent
REMEDY = (
    "this change breaks orchestrations in flight ({what}): either keep what they rely on, or let "
    "the input decide between the old way and the new, or drain before the deployment and say so "
    "in the changelog. See docs/explanation/upgrades.md; the histories stay as they are."
)
_CREATED = {Event.TASK_SCHEDULED, Event.TIMER_CREATED, Event.SUB_ORCHESTRATION_INSTANCE_CREATED}
_DONE = {Event.TASK_COMPLETED, Event.SUB_ORCHESTRATION_INSTANCE_COMPLETED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """An orchestration that an earlier version began; `done` if it also ended it, with `output`."""

    name: str
    flow: str
    instance: str
    done: bool
    output: Any
    history: list[dict[str, Any]]

    def episodes(self) -> list[list[dict[str, Any]]]:
        """Cut the history where the orchestrator was called: what it was told each time."""
        starts = [
            number
            for number, event in enumerate(self.history)
            if number and event["EventType"] == Event.ORCHESTRATOR_STARTED
        ]
        whole = [*starts, len(self.history) + 1]
        return [_without_tail(self.history[: end - 1]) for end in whole]

    def replay(self, part: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[int, Any]]:
        """Give the state after a part of the history, and every task asked for so far."""
        state, tasks = play(self.flow, part, self.instance)
        return state, dict(tasks)


def _without_tail(part: list[dict[str, Any]]) -> list[dict[str, Any]]:
    while part and part[-1]["EventType"] in (*_CREATED, Event.ORCHESTRATOR_COMPLETED):
        part = part[:-1]
    return part


@cache
def flights() -> tuple[Flight, ...]:
    """Read every stored history: those that were played, and those that were recorded."""
    found: list[Flight] = []
    for path in sorted((FOLDER / "histories").glob("*.json")):
        known = json.loads(path.read_text())
        found.append(Flight(name=path.stem, instance="instance", done=True, **known))
    for path in sorted((FOLDER / "recorded").glob("*.jsonl")):
        first, *lines = (json.loads(line) for line in path.read_text().splitlines())
        # What a host adds when it hands a history to a worker.
        events = [{"IsPlayed": False, **line} for line in lines]
        found.append(Flight(name=f"recorded {path.stem}", history=events, **first))
    return tuple(found)


@contextmanager
def surviving(what: str) -> Generator[None]:
    """Say what to do where an orchestration in flight would break."""
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{REMEDY.format(what=what)}\n{error}") from error


def keeps(now: Any, before: Any) -> bool:
    """Say whether everything that was there is there unchanged; a field more is welcome."""
    if isinstance(now, dict) and isinstance(before, dict):
        return all(name in now and keeps(now[name], before[name]) for name in before)
    if isinstance(now, list) and isinstance(before, list):
        return len(now) == len(before) and all(map(keeps, now, before))
    return bool(now == before)


def read_back(value: Any, kind: Any) -> Any:
    """Read what was written as this version does, and write it again."""
    return msgspec.json.decode(msgspec.json.encode(msgspec.convert(value, kind)))


def exchanged(flight: Flight) -> Iterator[tuple[str, str, Any]]:
    """Give what each step and flow was given and gave: its name, `takes` or `gives`, and the value."""
    yield flight.flow, "takes", _parsed(flight.history[1]["Input"])
    if flight.done and flight.output is not None:
        yield flight.flow, "gives", flight.output
    work = scheduled(flight.history)
    for asked in work.values():
        if "Input" in asked:
            yield asked["Name"], "takes", _parsed(asked["Input"])
    for event in flight.history:
        if event["EventType"] in _DONE:
            name = work[event["TaskScheduledId"]]["Name"]
            result = _parsed(event["Result"])
            if isinstance(result, dict) and "gave" in result:
                yield name, "gives", result["gave"]
            elif event["EventType"] == Event.SUB_ORCHESTRATION_INSTANCE_COMPLETED and result:
                yield name, "gives", result


def _parsed(text: str) -> Any:
    """Undo the encoding, and the second one that clients and children add to a text."""
    once = json.loads(text)
    return json.loads(once) if isinstance(once, str) else once


def declared() -> dict[str, Step[Any, Any] | Flow[Any, Any]]:
    """Give every step and flow by its name."""
    return {value.name: value for value in vars(steps).values() if isinstance(value, Flow | Step)}
