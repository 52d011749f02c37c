"""Thousands of events, shuffled, some of them twice, in bursts, while the whole stack is killed: nothing is lost, and no table is loaded more often than its window allows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_delivery import delivery, shuffled
from e2e_lake import images
from e2e_source import STAMPED, Source
from e2e_stack import EVERY_SECOND, Stack

KILLS = 2
COPIES = 0.3
DEBOUNCE = timedelta(seconds=3)


@pytest.fixture
def flooded(place: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """A stack of its own, whose timer ticks: what a dead worker has left is taken up by it."""
    own = Stack(
        state=place / "flooded",
        tables=place / "flooded-tables",
        environ=environ,
        tick=EVERY_SECOND,
    )
    own.tables.mkdir(parents=True)
    yield own
    own.stop()


def create_tables(source: Source, count: int) -> list[str]:
    names = [f"t{number:02d}" for number in range(count)]
    for name in names:
        source.execute(
            f"CREATE TABLE {name} (id int PRIMARY KEY, name text, "
            "updated_at timestamp(6) DEFAULT clock_timestamp())"
        )
        source.declare(name, watermark=STAMPED, debounce=f"{DEBOUNCE.seconds}s", on_empty="accept")
    return names


def begun(runs: list[Any]) -> list[datetime]:
    """When each load began that asked the source, in order."""
    return sorted(
        datetime.fromisoformat(run["started_at"]) for run in runs if run["bound"]["value"]
    )


@pytest.mark.parametrize(
    ("tables", "events"),
    [(4, 300), pytest.param(20, 10_000, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_no_event_is_lost_and_no_window_has_two_loads(
    flooded: Stack, new_source: Callable[..., Source], tables: int, events: int
) -> None:
    source = new_source(flooded.tables)
    names = create_tables(source, tables)
    flooded.start()
    chance = Random(20260101)  # noqa: S311 - a test that can be repeated
    changes = shuffled(names, events, COPIES, chance)
    delivery(flooded, source, changes, chance).send(KILLS)
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
            assert after - before >= DEBOUNCE, name
