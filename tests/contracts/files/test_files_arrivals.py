"""Each version lands once or is told of as lost, whatever events, crashes and late workers do."""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from files_shop import Shop

from shared.files.errors import FileUnreadable, VersionGone
from shared.loading.errors import TurnLost
from shared.loading.order import Reason


def event(
    shop: Shop, path: str, etag: str, size: int, sequencer: str = "1", **more: Any
) -> dict[str, Any]:
    """An event as a storage account sends it."""
    inner = path.removeprefix("landing/")
    data = {
        "api": "FlushWithClose",
        "eTag": f'"{etag}"',
        "contentLength": size,
        "sequencer": sequencer,
    }
    return {
        "id": "e1",
        "topic": "/subscriptions/x",
        "subject": f"/blobServices/default/containers/landing/blobs/{inner}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": "2026-01-31T10:00:00Z",
        "data": {**data, **more},
        "dataVersion": "",
    }


def told(shop: Shop, path: str) -> dict[str, Any]:
    """The event of the version that lies at a path now."""
    found = shop.app.zone.look(path)
    assert found is not None
    return event(shop, path, found.etag, found.size)


def test_events_that_come_again_and_late_land_a_version_once(shop: Shop) -> None:
    shop.declare()
    path = shop.put("a.csv", "id\n1\n")
    first = told(shop, path)
    shop.tell(first)
    shop.tell(first)

    assert shop.load(reason="event") is not None
    shop.tell(first)

    assert shop.load(reason="event") is None
    assert shop.load() is None
    assert shop.values("id", "_sequencer") == [("1", "1")]


def test_an_event_whose_worker_died_asks_for_a_load_when_it_comes_again(shop: Shop) -> None:
    shop.declare()
    path = shop.put("a.csv", "id\n1\n")
    version = shop.app.zone.look(path)
    assert version is not None
    shop.app.arrivals.tell(shop.table, [version])

    shop.tell(told(shop, path))

    turn = shop.app.states.turn(shop.table)
    assert turn.requested == turn.served + 1


def test_an_event_of_either_schema_tells_of_a_version(shop: Shop) -> None:
    shop.declare()
    path = shop.put("a.csv", "id\n1\n")
    grid = told(shop, path)
    cloud = {
        "specversion": "1.0",
        "id": grid["id"],
        "source": grid["topic"],
        "type": grid["eventType"],
        "time": grid["eventTime"],
        "subject": grid["subject"],
        "data": grid["data"],
    }
    shop.declare(settle="1d")
    assert shop.load() is None
    shop.tell(cloud)

    assert shop.load(reason="event") is not None


def test_an_early_event_waits_for_what_is_written(shop: Shop) -> None:
    shop.declare(settle="1d")
    path = shop.put("a.csv", "")
    shop.tell(told(shop, path))
    assert shop.load(reason="event") is None

    shop.put("a.csv", "id\n1\n")

    manifest = shop.load(reason="event")
    assert manifest is not None
    assert [read["fate"] for read in manifest["read_files"]] == ["landed"]
    assert shop.values("id") == [("1",)]


def test_a_file_that_stays_empty_is_done_with_once(shop: Shop) -> None:
    shop.declare()
    shop.tell(told(shop, shop.put("a.csv", "")))
    shop.put("b.csv", "id\n1\n")

    manifest = shop.load()

    assert manifest is not None
    assert [read["rows"] for read in manifest["read_files"]] == [0, 1]
    assert shop.load() is None


def test_a_run_that_died_after_publishing_is_rolled_forward_and_lands_nothing_twice(
    shop: Shop,
) -> None:
    shop.declare()
    shop.put("a.csv", "id\n1\n")
    died = shop.begin().up_to("advance_watermark")
    died.lose_turn()
    shop.put("b.csv", "id\n2\n")

    assert shop.load() is not None

    assert sorted(shop.values("id")) == [("1",), ("2",)]


def test_a_late_worker_that_lost_its_turn_lands_nothing(shop: Shop) -> None:
    shop.declare()
    shop.put("a.csv", "id\n1\n")
    late = shop.begin().up_to("claim_commit")
    late.lose_turn()
    assert shop.load() is not None

    with pytest.raises(TurnLost):
        late.finish()

    assert shop.values("id") == [("1",)]


def test_more_versions_than_a_run_takes_are_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.files.planning.MOST_VERSIONS", 2)
    shop.declare()
    for number in range(3):
        shop.put(f"{number}.csv", f"id\n{number}\n")

    shop.load()

    turn = shop.app.states.turn(shop.table)
    assert turn.requested > turn.served
    shop.load()
    assert sorted(shop.values("id")) == [("0",), ("1",), ("2",)]


@pytest.mark.parametrize(
    ("subject", "data", "letters"),
    [
        ("containers/bronze/blobs/{}/orders/a.csv", {}, 0),
        ("containers/landing/blobs/elsewhere/a.csv", {}, 0),
        ("containers/landing/blobs/{}/orders", {"api": "CreateDirectory"}, 0),
        ("containers/landing/blobs/{}/orders/../../b.csv", {}, 1),
        ("containers/landing/blobs/{}/orders/%2e%2e/b.csv", {}, 1),
        ("containers/landing/blobs/{}/orders/a.csv", {"eTag": None}, 1),
        ("nothing", {}, 1),
    ],
)
def test_an_event_that_is_not_about_a_file_of_a_table_changes_nothing(
    shop: Shop, subject: str, data: dict[str, Any], letters: int
) -> None:
    shop.declare()
    before = len(shop.app.letters.log.letters(shop.events).items)
    body = event(shop, "landing/x", "0x1", 5, **data)
    body["subject"] = f"/blobServices/default/{subject.format(shop.name)}"
    body["id"] = f"{shop.name}-{subject}"

    shop.tell(body)

    assert shop.app.arrivals.waiting(shop.table, 10) == ()
    assert shop.app.states.turn(shop.table).requested == 0
    assert len(shop.app.letters.log.letters(shop.events).items) - before == letters


@pytest.mark.parametrize(
    ("content", "reason", "said"),
    [
        ("id,id\n1,2\n", FileUnreadable, r"orders/a\.csv: its first line has .* one name twice"),
        (None, VersionGone, r"orders/a\.csv was deleted"),
    ],
    ids=["unreadable", "gone"],
)
def test_a_first_load_none_of_whose_files_says_its_columns_says_why_and_the_next_tells_of_them(
    shop: Shop, content: str | None, reason: type[Exception], said: str
) -> None:
    shop.declare()
    first = told(shop, shop.put("a.csv", content or "id\n1\n"))
    shop.tell(first)
    if content is None:
        shop.delete("a.csv")
    with pytest.raises(reason, match=said):
        shop.load(reason="event")
    _let_go(shop)
    shop.tell(told(shop, shop.put("b.csv", "id\n2\n")))

    shop.load(reason="event")

    assert [row["id"] for row in shop.rows()] == ["2"]
    assert set(shop.fates().values()) == {"landed", "lost" if content is None else "dead"}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))]
)
def test_every_version_lands_once_or_is_told_of(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    shop.declare()
    versions: dict[str, str] = {}
    events: list[dict[str, Any]] = []
    dead: list[Any] = []
    for number in range(25):
        what = chance.choice(["put", "put", "tell", "tell", "load", "die", "sweep"])
        if what == "put":
            path = shop.put(f"{chance.randrange(4)}.csv", f"id\n{number}\n")
            body = told(shop, path)
            versions[body["data"]["eTag"].strip('"')] = str(number)
            events.append(body)
        elif what == "tell" and events:
            for _ in range(chance.randrange(1, 3)):
                shop.tell(chance.choice(events))
        elif what in ("load", "sweep"):
            _load_what_is_told_of(shop, reason="event" if what == "load" else "request")
        elif what == "die":
            dead += _die(shop, chance)
    chance.shuffle(events)
    for body in events:
        shop.tell(body)
    shop.load()
    shop.load()

    landed = Counter(str(row["id"]) for row in shop.rows())
    lost = {etag for etag, fate in shop.fates().items() if fate == "lost"}
    assert set(landed.values()) <= {1}
    missing = {etag for etag, number in versions.items() if not landed[number]}
    assert missing <= lost
    assert not {etag for etag in lost if landed[versions[etag]]}


def _die(shop: Shop, chance: random.Random) -> list[Any]:
    """Begin a load that dies at some step after its plan, if there is something to load."""
    load = shop.begin().up_to("plan_load")
    with suppress(AssertionError, VersionGone):
        load.up_to(chance.choice(["judge_quality", "claim_commit", "publish", "advance_watermark"]))
    _let_go(shop)
    return [load]


def _load_what_is_told_of(shop: Shop, reason: Reason) -> None:
    """Load; before anything has landed, all that was told of may be gone by now, and say no columns."""
    try:
        shop.load(reason=reason)
    except VersionGone:
        assert not shop.rows()
        _let_go(shop)


def _let_go(shop: Shop) -> None:
    shop.app.states.change_turn(
        shop.table, lambda turn: replace(turn, holder=None, instance=None, last_run=turn.holder)
    )
