"""Events of both schemas are read the same way, or refused by name."""

import json
from typing import Any

import pytest

from shared.operations.events import EventForeign, EventUnreadable, identify, read_event

CLOUD = {"specversion": "1.0", "id": "1", "source": "/s", "type": "Tidemark.TableChanged"}
GRID = {"id": "1", "topic": "/s", "eventType": "Tidemark.TableChanged", "subject": "shop/a.b"}


@pytest.mark.parametrize("sent", [{**CLOUD, "subject": "shop/a.b"}, GRID])
def test_both_schemas_say_the_same(sent: dict[str, Any]) -> None:
    event = read_event(json.dumps(sent))
    assert (event.origin, event.id, event.table, event.name) == ("/s", "1", "shop/a.b", "/s#1")


def test_a_topic_may_be_left_out() -> None:
    sent = {name: value for name, value in GRID.items() if name != "topic"}
    assert read_event(json.dumps(sent)).table == "shop/a.b"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "[" * 100_000,
        json.dumps(CLOUD),
        json.dumps({**CLOUD, "subject": ""}),
        json.dumps({**CLOUD, "subject": "x" * 1_001}),
        json.dumps({**CLOUD, "subject": "a", "source": None}),
        json.dumps({**GRID, "id": 1}),
        json.dumps({**GRID, "eventType": ["x"]}),
    ],
)
def test_what_is_no_event_is_unreadable(body: str) -> None:
    with pytest.raises(EventUnreadable):
        read_event(body)


def test_an_event_of_another_type_is_foreign() -> None:
    with pytest.raises(EventForeign, match=r"Microsoft\.Storage\.BlobCreated"):
        read_event(json.dumps({**GRID, "eventType": "Microsoft.Storage.BlobCreated"}))


def test_an_event_that_cannot_be_read_has_a_name_all_the_same() -> None:
    assert identify({"id": 7, "source": "/s"}) == "/s#7"
    assert identify({}) == "#"
