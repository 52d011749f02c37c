"""What has happened to an orchestration and what waits to be told to it."""

import json
import sqlite3
from dataclasses import dataclass

from local.functions_host.database import Database
from local.functions_host.history import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event on its way to an orchestration.

    `execution` is None for external events, which any execution may read; a
    completion for another execution than the current one is stale.
    """

    number: int
    execution: str | None
    due_at: float
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledActivity:
    """An activity that is to run; `number` gives the order."""

    number: int
    instance: str
    execution: str
    task: int
    name: str
    input: str


class Mailbox:
    """History, inbox and scheduled activities of all instances."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(self, instance: str) -> list[Event]:
        """All past events, oldest first."""
        rows = self._database.rows(
            "select event from history where instance = ? order by position", instance
        )
        return [json.loads(row["event"]) for row in rows]

    def append_history(self, instance: str, position: int, events: list[Event]) -> None:
        """Add events from a position on."""
        self._database.change_many(
            "insert into history (instance, position, event) values (?, ?, ?)",
            [(instance, position + n, json.dumps(event)) for n, event in enumerate(events)],
        )

    def clear_history(self, instance: str) -> None:
        """Forget the past, for a new execution."""
        self._database.change("delete from history where instance = ?", instance)

    def post(
        self,
        instance: str,
        event: Event,
        *,
        due_at: float,
        execution: str | None = None,
        task: int | None = None,
    ) -> None:
        """Leave an event that the instance is told once `due_at` has come."""
        self._database.change(
            "insert into inbox (instance, execution, due_at, task, event) values (?, ?, ?, ?, ?)",
            instance,
            execution,
            due_at,
            task,
            json.dumps(event),
        )

    def due(self, instance: str, now: float) -> list[Message]:
        """The messages that can be read now, in the order of their times."""
        rows = self._database.rows(
            "select number, execution, due_at, event from inbox"
            " where instance = ? and due_at <= ? order by due_at, number",
            instance,
            now,
        )
        return [_message(row) for row in rows]

    def later(self, now: float) -> list[tuple[float, str]]:
        """(due_at, instance) of every message that is not due yet."""
        rows = self._database.rows("select due_at, instance from inbox where due_at > ?", now)
        return [(row["due_at"], row["instance"]) for row in rows]

    def remove(self, numbers: list[int]) -> None:
        """Take messages out: they were read."""
        self._database.change_many(
            "delete from inbox where number = ?", [(number,) for number in numbers]
        )

    def remove_timer(self, instance: str, execution: str, task: int) -> None:
        """Take out a timer that was cancelled."""
        self._database.change(
            "delete from inbox where instance = ? and execution = ? and task = ?",
            instance,
            execution,
            task,
        )

    def remove_completions(self, instance: str) -> None:
        """Take out everything but external events."""
        self._database.change(
            "delete from inbox where instance = ? and execution is not null", instance
        )

    def remove_all(self, instance: str) -> None:
        """Empty the inbox."""
        self._database.change("delete from inbox where instance = ?", instance)

    def schedule(self, instance: str, execution: str, task: int, name: str, given: str) -> None:
        """Ask for an activity; `given` is its input as JSON text."""
        self._database.change(
            "insert into activities (instance, execution, task, name, input)"
            " values (?, ?, ?, ?, ?)",
            instance,
            execution,
            task,
            name,
            given,
        )

    def scheduled(self, after: int, limit: int) -> list[ScheduledActivity]:
        """The next activities with a number greater than `after`."""
        rows = self._database.rows(
            "select number, instance, execution, task, name, input from activities"
            " where number > ? order by number limit ?",
            after,
            limit,
        )
        return [ScheduledActivity(**dict(row)) for row in rows]

    def take_out(self, number: int) -> None:
        """Strike an activity off: its result is there."""
        self._database.change("delete from activities where number = ?", number)

    def remove_activities(self, instance: str) -> None:
        """Forget what an instance asked for."""
        self._database.change("delete from activities where instance = ?", instance)


def _message(row: sqlite3.Row) -> Message:
    return Message(
        number=row["number"],
        execution=row["execution"],
        due_at=row["due_at"],
        event=json.loads(row["event"]),
    )
