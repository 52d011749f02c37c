"""Tells of changed tables: what a source has written into its outbox becomes events of a topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

# A topic takes a megabyte at once; an event of a changed table has some 300 bytes.
MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event to be published: its id, the table as `source/schema.table`, and when it changed."""

    id: str
    table: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One row of an outbox: `schema.table`, and when a statement changed it."""

    number: int
    table: str
    at: datetime


class Topic(Protocol):
    """Raises TopicUnavailable, TopicRefused."""

    def publish(self, origin: str, notices: Sequence[Notice]) -> None:
        """Publish events that come from `origin`, all or none."""
        ...


class Outbox(Protocol):
    """Raises SourceUnavailable and its kin."""

    def read(self, most: int) -> Sequence[OutboxRow]:
        """Give the oldest rows, by number."""
        ...

    def remove(self, rows: Sequence[OutboxRow]) -> None:
        """Remove just these rows; those that are gone stay so."""
        ...


def relay(outbox: Outbox, topic: Topic, *, source: str, origin: str) -> int:
    """Publish what the outbox holds, one event a table, and then remove it; give how many rows went.

    Whoever dies in between publishes again: the copy is told by its id, or asks for a load too many.
    """
    rows = outbox.read(MOST_AT_ONCE)
    if not rows:
        return 0
    last = {row.table: row for row in rows}
    topic.publish(origin, [_notice(source, row) for row in last.values()])
    outbox.remove(rows)
    return len(rows)


def _notice(source: str, row: OutboxRow) -> Notice:
    # The time as well: an outbox that is made anew counts from one again.
    moment = row.at.astimezone(UTC)
    return Notice(
        id=f"{row.number}-{moment:%Y%m%dT%H%M%S%f}", table=f"{source}/{row.table}", at=moment
    )
