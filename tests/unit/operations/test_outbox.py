"""A row of an outbox goes only after its event is published, and its table is told once a look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from shared.operations.outbox import Notice, OutboxRow, relay

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Box:
    rows: list[OutboxRow] = field(default_factory=list)

    def read(self, most: int) -> Sequence[OutboxRow]:
        return self.rows[:most]

    def remove(self, rows: Sequence[OutboxRow]) -> None:
        self.rows = [row for row in self.rows if row not in rows]


@dataclass
class Published:
    notices: list[Notice] = field(default_factory=list)
    works: bool = True

    def publish(self, origin: str, notices: Sequence[Notice]) -> None:
        assert origin == "/here"
        if not self.works:
            raise ConnectionError
        self.notices += notices


def row(number: int, table: str = "public.a") -> OutboxRow:
    return OutboxRow(number=number, table=table, at=AT)


def test_a_look_publishes_one_event_a_table_and_removes_what_it_read() -> None:
    box, topic = Box([row(1), row(2, "public.b"), row(3)]), Published()
    assert relay(box, topic, source="shop", origin="/here") == 3
    assert [(each.id, each.table) for each in topic.notices] == [
        ("3-20260101T120000000000", "shop/public.a"),
        ("2-20260101T120000000000", "shop/public.b"),
    ]
    assert box.rows == []


def test_nothing_is_removed_that_was_not_published() -> None:
    box, topic = Box([row(1)]), Published(works=False)
    with pytest.raises(ConnectionError):
        relay(box, topic, source="shop", origin="/here")
    assert box.rows == [row(1)]


def test_what_is_read_again_has_the_same_id() -> None:
    topic = Published()
    for _ in range(2):
        relay(Box([row(1)]), topic, source="shop", origin="/here")
    assert len({each.id for each in topic.notices}) == 1


def test_an_empty_outbox_publishes_nothing() -> None:
    topic = Published(works=False)
    assert relay(Box(), topic, source="shop", origin="/here") == 0
