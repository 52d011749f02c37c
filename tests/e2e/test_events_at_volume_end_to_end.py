"""Thousands of events, shuffled, some of them twice, in bursts, while the whole stack is killed: nothing is lost, and no table is loaded more often than its window allows."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from e2e_api import Api
from e2e_comparing import differing
from e2e_delivery import Delivery, Rows, in_bursts, shuffled
from e2e_lake import images, published
from e2e_source import STAMPED, Source
from e2e_stack import EVERY_SECOND, Stack
from e2e_waiting import await_value
from e2e_zone import TABLES, Zone, lake_of

COPIES = 0.3

# Of the long forms, on a machine that has much else to do; nothing is judged by it.
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def flooded(place: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """A stack of its own, whose timer ticks: what a dead worker has left is taken up by it."""
    folder = Path(tempfile.mkdtemp(prefix="flooded-", dir=place))
    own = Stack(
        state=folder / "state", tables=folder / "tables", environ=environ, tick=EVERY_SECOND
    )
    own.start()
    yield own
    own.stop()


def create_tables(source: Source, count: int, debounce: timedelta) -> list[str]:
    names = [f"t{number:02d}" for number in range(count)]
    for name in names:
        source.execute(
            f"CREATE TABLE {name} (id int PRIMARY KEY, name text, "
            "updated_at timestamp(6) DEFAULT clock_timestamp())"
        )
        source.declare(name, watermark=STAMPED, debounce=f"{debounce.seconds}s", on_empty="accept")
    return names


def begun(runs: list[Any]) -> list[datetime]:
    """When each load began that asked the source, in order."""
    return sorted(
        datetime.fromisoformat(run["started_at"]) for run in runs if run["bound"]["value"]
    )


# Windows so long that the loads of all tables leave time to acknowledge on two cores.
@pytest.mark.parametrize(
    ("tables", "events", "seconds", "kills"),
    [(2, 100, 3, 1), pytest.param(20, 10_000, 20, 2, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_no_event_is_lost_and_no_window_has_two_loads(
    flooded: Stack,
    new_source: Callable[..., Source],
    *,
    tables: int,
    events: int,
    seconds: int,
    kills: int,
) -> None:
    source, debounce = new_source(flooded.tables), timedelta(seconds=seconds)
    names = create_tables(source, tables, debounce)
    chance = Random(20260101)  # noqa: S311 - a test that can be repeated
    changes = shuffled(names, events, COPIES, chance)
    bursts = in_bursts(changes, chance)
    Delivery(stack=flooded, function="on_data_changed", write=Rows(source), bursts=bursts).send(
        kills
    )
    with Api(flooded.url) as api:
        for name in names:
            api.await_served(source.full(name))
        runs = {name: api.runs(source.full(name)) for name in names}
        orders = {run["order_id"] for each in runs.values() for run in each}
        for order_id in orders:
            assert api.wait_for_order(order_id)["state"] == "succeeded"
        assert api.get("/api/deadletters")["letters"] == []
    assert differing(source, flooded.lake, *names) == []
    landed = {name: len(images(flooded.lake, source.target(name))) for name in names}
    assert sum(landed.values()) == len({change.number for change in changes})
    for name in names:
        for before, after in pairwise(begun(runs[name])):
            assert after - before >= debounce, name


@dataclass(slots=True)
class Blobs:
    """Writes the files that a burst tells of, each version once, and gives the events.

    A tenth of the files are written over by a second version.
    """

    stack: Stack
    name: str
    _events: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, burst: Sequence[int]) -> list[dict[str, Any]]:
        with self._lock:
            for number in burst:
                if number not in self._events:
                    self._events[number] = await_value(
                        lambda number=number: self._put(number), "a file to be written"
                    )
        return [self._events[number] for number in burst]

    @property
    def last(self) -> dict[str, str]:
        """The version of each file that was written last, by its path."""
        return {
            f"landing/{event['subject'].partition('/blobs/')[2]}": event["data"]["eTag"].strip('"')
            for event in self._events.values()
        }

    def _put(self, number: int) -> dict[str, Any] | None:
        file = number // 10 if number % 10 == 0 else number
        try:
            with lake_of(self.stack) as service:
                zone = Zone(self.stack, self.name, service)
                return zone.put(f"{file:05d}.csv", f"id,amount\n{number},1.00\n")
        except AzureError:
            return None


def fates(stack: Stack, name: str) -> Counter[tuple[str, str, str]]:
    """Count what became of each version, over all runs: path, ETag and fate."""
    return Counter(
        (read["version"]["path"], read["version"]["etag"], read["fate"])
        for run in published(stack.lake, f"bronze/{name}/files.orders")
        for read in run.manifest["read_files"]
    )


@pytest.mark.long
def test_every_version_of_a_file_lands_once_or_is_told_of(flooded: Stack) -> None:
    name, events = "flood", 3_000
    (flooded.tables / f"{name}.yml").write_text(TABLES.format(name=name))
    chance = Random(20260102)  # noqa: S311 - a test that can be repeated
    distinct = list(range(1, round(events * (1 - COPIES)) + 1))
    sent = distinct + chance.choices(distinct, k=events - len(distinct))
    chance.shuffle(sent)
    blobs = Blobs(flooded, name)
    bursts = in_bursts(sent, chance)
    Delivery(stack=flooded, function="on_blob_created", write=blobs, bursts=bursts).send(2)
    with Api(flooded.url) as api:
        api.await_served(f"{name}/files.orders")
        assert api.get("/api/deadletters")["letters"] == []
    found = fates(flooded, name)
    assert max(found.values()) == 1
    landed = {(path, etag) for path, etag, fate in found if fate == "landed"}
    assert set(blobs.last.items()) <= landed
