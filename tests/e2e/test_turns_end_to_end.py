"""Turns: whoever asks, and however often, a table is loaded by one run at a time and misses nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from e2e_api import Api, cloud_event, grid_event
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import Stack

from shared.loading.order import ordered_at

FORMS: dict[str, Callable[[str], Any]] = {
    "event-grid": lambda table: [grid_event(table)],
    "cloud-event": cloud_event,
    "cloud-events": lambda table: [cloud_event(table)],
}


def overlapping(runs: list[Any]) -> list[Any]:
    """Pairs of runs of which the later began before the earlier had ended."""
    ordered = sorted(runs, key=lambda run: run["started_at"])
    return [(a, b) for a, b in pairwise(ordered) if b["started_at"] < a["ended_at"]]


def test_orders_for_one_table_at_the_same_time_take_turns(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    create_items(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    gate.close()
    first = api.order([table])
    gate.await_waiting()
    others = [api.order([table]), api.order([table], mode="initial")]
    source.execute("INSERT INTO item (name) VALUES ('meanwhile')")
    gate.open()
    orders = [api.wait_for_order(order_id) for order_id in (first, *others)]
    assert [order["state"] for order in orders] == ["succeeded"] * 3
    assert overlapping([api.run_of(order, table) for order in orders]) == []
    numbers = [run.run_no for run in published(stack.lake, source.target("gated"))]
    assert len(set(numbers)) == len(numbers) >= 2
    begun = {run["run_id"]: run["started_at"] for run in api.runs(table)}
    in_order = published(stack.lake, source.target("gated"))
    times = [begun[run.manifest["run_id"]] for run in in_order]
    assert times == sorted(times)
    assert differing(source, stack.lake, "gated") == []


@pytest.mark.long
def test_a_burst_of_events_makes_few_loads_and_loses_nothing(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    create_items(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    api.load_one(table)
    gate.close()
    source.execute("INSERT INTO item (name) VALUES ('of event 0')")
    api.deliver([grid_event(table)])
    gate.await_waiting()
    for number in range(2, 11):
        source.execute(f"INSERT INTO item (name) VALUES ('of event {number}')")
        api.deliver([grid_event(table, number)])
    gate.open()
    api.await_served(table)
    assert api.table(table)["served"] == 10
    assert differing(source, stack.lake, "gated") == []
    assert len(api.runs(table)) - 1 <= 3
    assert overlapping(api.runs(table)) == []


# Other tests deliver in the other forms.
@pytest.mark.parametrize(
    "form",
    [
        "cloud-event",
        pytest.param("event-grid", marks=pytest.mark.long),
        pytest.param("cloud-events", marks=pytest.mark.long),
    ],
)
def test_an_event_brings_its_table_up_to_date(
    api: Api, source: Source, stack: Stack, form: str
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.deliver(FORMS[form](table))
    assert api.table(table)["requested"] == 1
    api.await_served(table)
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_an_event_that_comes_twice_lands_its_rows_once(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.deliver([grid_event(table), grid_event(table)])
    api.await_served(table)
    api.deliver([grid_event(table)])
    api.await_served(table)
    assert len(published(stack.lake, source.target("item"))) == 1
    assert differing(source, stack.lake, "item") == []


def test_a_duplicate_starts_nothing_however_late_it_comes(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.deliver([grid_event(table)])
    api.await_served(table)
    before = stack.remembered()
    api.deliver([grid_event(table), grid_event(table)])
    api.deliver([grid_event(table)])
    assert stack.remembered() == before


def test_events_within_the_debounce_window_make_one_load(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED, debounce="2s")
    api.deliver([cloud_event(table, number) for number in range(5)])
    api.await_served(table)
    [run] = api.runs(table)
    assert run["outcome"] == "loaded"
    assert differing(source, stack.lake, "item") == []
    asked, began = ordered_at(run["order_id"]), datetime.fromisoformat(run["started_at"])
    assert began - asked >= timedelta(seconds=2)


def test_an_event_that_names_no_table_of_ours_is_acknowledged_and_asks_for_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)

    def asked() -> list[Any]:
        return [row for row in stack.remembered() if row[0] != "tidemarkletters"]

    before = asked()
    foreign = {**grid_event(table), "eventType": "Somebody.Else"}
    unknown = grid_event(f"{source.name}/no.such")
    api.deliver([foreign, unknown])
    assert asked() == before
