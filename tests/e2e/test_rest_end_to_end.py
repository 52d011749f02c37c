"""Records over REST through the whole system: increments, faults of every kind, repairs, and no secret anywhere."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pyarrow.parquet as pq
import pytest
from e2e_api import Api
from e2e_lake import current, images, published
from e2e_rest import REST_KEY, RestSource
from e2e_stack import Stack

from local.rest_api import Asked, Collection, Fault, RestApi

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
OFFSET = {
    "path": "/offset",
    "params": {"sort": "id"},
    "total": "meta.total",
    "pagination": {"kind": "offset", "param": "offset", "size_param": "limit", "size": 50},
}
CURSOR = {
    "path": "/cursor",
    "pagination": {
        "kind": "cursor",
        "param": "cursor",
        "next": "meta.next",
        "size_param": "limit",
        "size": 50,
    },
}
_names = count(1)


def item(number: int, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    stamp = at or LONG_AGO + timedelta(seconds=number)
    usual = {"id": number, "name": f"item {number}", "price": number / 4, "tags": [number % 3]}
    return {**usual, "updated_at": f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond:06d}Z", **fields}


@pytest.fixture
def make(stack: Stack) -> Iterator[Callable[..., RestSource]]:
    with ExitStack() as served:

        def start(records: int, **fields: Any) -> RestSource:
            held = Collection(**fields)
            held.put(*(item(number) for number in range(1, records + 1)))
            api = served.enter_context(RestApi(collection=held).serving())
            source = RestSource(f"rest{next(_names):02d}", api, stack.tables)
            served.callback(source.file.unlink, missing_ok=True)
            return source

        yield start


def differing(source: RestSource, stack: Stack) -> list[Any]:
    """Give the keys of which bronze says something else than the source."""
    has = {
        key: (row["name"], float(row["price"]), row["updated_at"])
        for key, row in current(stack.lake, source.target).items()
    }
    wanted = {
        key: (r["name"], r["price"], datetime.fromisoformat(r["updated_at"]))
        for key, r in source.records().items()
    }
    return sorted(key for key in has.keys() | wanted.keys() if has.get(key) != wanted.get(key))


def test_increments_land_what_is_new_once_and_say_how_they_were_read(
    api: Api, make: Callable[..., RestSource], stack: Stack
) -> None:
    source = make(120)
    table = source.declare(OFFSET)
    first = api.load_one(table)
    assert (first["mode"], first["outcome"], first["rows"]) == ("initial", "loaded", 120)
    assert first["bound"]["how"] == "settled"
    [landed] = published(stack.lake, source.target)
    assert landed.manifest["receipt"][0]["pages"] == 4

    assert api.load_one(table)["outcome"] == "nothing_new"
    fresh = datetime.now(UTC)
    source.api.collection.put(item(7, fresh, name="changed"), item(121, fresh))
    source.api.collection.delete(3)
    second = api.load_one(table)
    assert (second["mode"], second["rows"]) == ("incremental", 2)
    # They lie above the bound, are read again, and are not landed again.
    assert api.load_one(table)["rows"] in (0, None)
    assert differing(source, stack) == [3]

    order = api.post("/api/reconciliations", {"table": table, "compare": "rows"})["order_id"]
    assert api.wait_for_order(order)["state"] == "succeeded"
    assert differing(source, stack) == []
    assert [run["outcome"] for run in api.runs(table)].count("loaded") == 3
    counted = Counter((row["id"], row["updated_at"]) for row in images(stack.lake, source.target))
    assert [key for key, times in counted.items() if times > 1 and key[0] != 3] == []


@pytest.mark.long
def test_a_backfill_asks_for_its_windows_alone(
    api: Api, make: Callable[..., RestSource], stack: Stack
) -> None:
    source = make(120)
    table = source.declare(OFFSET)
    api.load_one(table)
    before = len(source.api.asked)
    period = {"from": "2026-01-01 00:00:30+00", "to": "2026-01-01 00:00:50+00", "window": "10s"}
    order = api.post("/api/backfills", {"table": table, **period})["order_id"]
    assert api.wait_for_order(order, "backfills")["state"] == "succeeded"
    again = Counter(row["id"] for row in images(stack.lake, source.target))
    assert [key for key, times in again.items() if times > 1] == list(range(30, 50))
    asked = {each.query.get("until") for each in source.asked_since(before)}
    assert {"2026-01-01T00:00:40Z", "2026-01-01T00:00:50Z"} <= asked
    assert differing(source, stack) == []


def test_a_plan_shows_the_request_and_nothing_secret_is_kept_anywhere(
    api: Api, make: Callable[..., RestSource], stack: Stack
) -> None:
    source = make(20)
    table = source.declare(CURSOR)
    plan = api.http.post("/api/plans", json={"table": table})
    assert f"GET {source.api.url}/cursor" in plan.text
    api.load_one(table)
    source.api.admits = lambda _: False
    failed = api.load_one(table)
    assert failed["error"]["type"] == "CredentialRejected"
    source.api.admits = lambda _: True
    source.api.meddle = lambda _: Fault(status=400, body=b"bad api_key")
    assert api.load_one(table)["error"]["type"] == "QueryRefused"

    secret = REST_KEY.encode()
    assert secret not in plan.content
    kept = [path for path in stack.state.rglob("*") if path.is_file()]
    assert [path for path in kept if secret in path.read_bytes()] == []


STOPPING = {
    "a redirect elsewhere": (Fault(status=302, headers={"Location": "http://localhost:9/x"}), "AddressRefused"),
    "another shape": (Fault(body=b'{"items": []}'), "AnswerUnreadable"),
    "not there": (Fault(status=404), "TableMissing"),
}  # fmt: skip


@pytest.mark.long
def test_what_stops_a_load_lands_nothing_and_the_next_load_lands_all_once(
    api: Api, make: Callable[..., RestSource], stack: Stack
) -> None:
    source = make(230)
    table = source.declare(CURSOR)
    for fault, error in STOPPING.values():
        begun = len(source.api.asked)
        # While planning looks at the first pages all is well.
        source.api.meddle = lambda asked, at=begun + 7, fault=fault: (
            fault if asked.number == at else None
        )
        run = api.load_one(table)
        assert (run["state"], run["error"]["type"]) == ("failed", error)

    def forget(asked: Asked) -> None:
        if asked.query.get("cursor") == "150":
            asked.query["cursor"] = "100"

    source.api.meddle = forget
    assert api.load_one(table)["error"]["type"] == "PaginationUnsound"
    assert published(stack.lake, source.target) == []

    source.api.meddle = lambda _: None
    assert api.load_one(table)["rows"] == 230
    assert differing(source, stack) == []


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("records", "pages"), [(2_000, 40), pytest.param(100_000, 1_000, marks=pytest.mark.long)]
)
def test_with_every_misbehaviour_on_a_source_lands_complete_and_once(
    api: Api,
    make: Callable[..., RestSource],
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    *,
    records: int,
    pages: int,
) -> None:
    source = make(records, order=lambda r: (r["updated_at"], r["id"]))
    size = records // pages
    table = source.declare(
        {**OFFSET, "pagination": {**OFFSET["pagination"], "size": size}, "params": {}}
    )
    chance = random.Random(records)  # noqa: S311 - faults are no secret
    monkeypatch.setattr("e2e_waiting.PATIENCE_SECONDS", 900.0)
    untouched = set(range(1, records + 1)) - set(range(1, records + 1, 10))
    lock = threading.Lock()

    def misbehave(asked: Asked) -> Fault | None:
        with lock:
            if chance.random() < 0.2:
                disturb(source, chance, records)
            return chance.choice(FAULTS) if chance.random() < 0.1 else None

    source.api.meddle = misbehave
    run = api.load_one(table)
    assert (run["state"], run["outcome"]) == ("succeeded", "loaded"), run["error"]

    landed = Counter(row["id"] for row in read_ids(stack, source))
    assert {key for key in untouched if landed[key] != 1} == set()
    asked = [each.path for each in source.api.asked]
    assert set(asked) == {"/offset"}

    source.api.meddle = lambda _: None
    assert api.load_one(table)["state"] == "succeeded"
    order = api.post("/api/reconciliations", {"table": table})["order_id"]
    assert api.wait_for_order(order)["state"] == "succeeded"
    assert differing(source, stack) == []


FAULTS = (
    Fault(status=429, headers={"Retry-After": "1"}),
    Fault(status=500),
    Fault(status=503),
    Fault(cut=200),
    Fault(drip=300, still=0.2),
    Fault(body=b'{"data": {"items": [{"id": 1'),
    Fault(body=b"<html>busy</html>", headers={"Content-Type": "text/html"}),
)


def disturb(source: RestSource, chance: random.Random, records: int) -> None:
    """Delete a record, change one so that it moves behind all others, or add one: never an untouched one."""
    key = chance.randrange(1, records + 1, 10)
    now = datetime.now(UTC)
    match chance.choice(("delete", "change", "add")):
        case "delete":
            source.api.collection.delete(key)
        case "change" if key in source.api.collection.records:
            source.api.collection.put(item(key, now, name=f"changed at {now}"))
        case _:
            source.api.collection.put(item(records + chance.randrange(1, 10_000), now))


def read_ids(stack: Stack, source: RestSource) -> Iterator[dict[str, Any]]:
    for run in (stack.lake / source.target).glob("run_id=*"):
        for file in run.glob("*.parquet"):
            yield from pq.read_table(file, columns=["id"]).to_pylist()
