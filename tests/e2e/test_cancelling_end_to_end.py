"""What is cancelled commits nothing more, what was asked for is not forgotten, and a rerun does the rest."""

from typing import Any

import pytest
from e2e_api import Api, grid_event
from e2e_comparing import await_equal, differing
from e2e_lake import published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import Stack
from e2e_waiting import await_value
from e2e_webhook import Webhook


def gated(api: Api, source: Source, gate: Gate) -> str:
    """Make a table whose rows nobody gets to read until the gate is opened."""
    create_items(source)
    gate.create("gated", "item")
    return source.declare("gated", watermark=STAMPED)


def cancel(api: Api, path: str) -> Any:
    answer = api.http.delete(path)
    assert answer.status_code == 202, answer.text
    return answer.json()


def states(order: Any) -> dict[str, str]:
    return {part["table"].rpartition(".")[2]: part["state"] for part in order["tables"]}


def test_a_running_load_ends_before_its_commit_and_a_rerun_does_it(
    api: Api, source: Source, stack: Stack, gate: Gate, webhook: Webhook
) -> None:
    table = gated(api, source, gate)
    gate.close()
    order_id = api.order([table])
    gate.await_waiting()
    view = cancel(api, f"/api/orders/{order_id}")
    assert (view["order_id"], view["cancel_requested"]) == (order_id, True)
    gate.open()
    order = api.wait_for_order(order_id)
    run = api.run_of(order, table)
    assert (order["state"], run["state"], run["error"]) == ("cancelled", "cancelled", None)
    assert (run["rows"], published(stack.lake, source.target("gated"))) == (0, [])
    assert (api.table(table)["loading"], api.table(table)["watermark"]) == (None, None)
    assert webhook.alerts(order_id) == []
    assert cancel(api, f"/api/orders/{order_id}") == order
    api.post(f"/api/runs/{order_id}/rerun")
    again = api.wait_for_order(order_id)
    assert (again["state"], again["attempt"], again["cancel_requested"]) == ("succeeded", 2, False)
    assert differing(source, stack.lake, "gated") == []


def test_one_run_is_cancelled_and_its_neighbours_go_on(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    table = gated(api, source, gate)
    other = source.declare("item", watermark=STAMPED)
    gate.close()
    order_id = api.order([table, other])
    gate.await_waiting()
    found = api.get(f"/api/orders/{order_id}")
    [run_id] = [part["run_id"] for part in found["tables"] if part["table"] == table]
    view = cancel(api, f"/api/runs/{run_id}")
    assert not view["cancel_requested"]
    gate.open()
    order = api.wait_for_order(order_id)
    assert order["state"] == "cancelled"
    assert states(order) == {"gated": "cancelled", "item": "succeeded"}
    assert differing(source, stack.lake, "item") == []


def test_slices_that_have_not_begun_are_not_read(
    api: Api, source: Source, gate: Gate, stack: Stack
) -> None:
    create_items(source, rows=200)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED, slices={"rows": 10, "parallel": 2})
    gate.close()
    order_id = api.order([table])
    gate.await_waiting(2)
    cancel(api, f"/api/orders/{order_id}")
    gate.open()
    assert api.wait_for_order(order_id)["state"] == "cancelled"
    done = {"message": "activity completed", "activity": "extract_slice"}
    mine = [each for each in stack.lines(done) if each["instance"].startswith(order_id)]
    # The two that stood at the gate, and in each lane one more that was refused before it read.
    assert len(mine) == 4


@pytest.mark.long
def test_a_load_that_waits_for_its_turn_is_cancelled_while_it_waits(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    table = gated(api, source, gate)
    gate.close()
    first = api.order([table])
    gate.await_waiting()
    second = api.order([table])
    cancel(api, f"/api/orders/{second}")
    order = api.wait_for_order(second)
    assert (order["state"], states(order)) == ("cancelled", {"gated": "cancelled"})
    gate.open()
    assert api.wait_for_order(first)["state"] == "succeeded"
    assert differing(source, stack.lake, "gated") == []


@pytest.mark.long
def test_events_that_joined_a_cancelled_load_are_served_all_the_same(
    ticking_api: Api, ticking_source: Source, ticking: Stack, ticking_gate: Gate
) -> None:
    api, source, gate = ticking_api, ticking_source, ticking_gate
    table = gated(api, source, gate)
    api.load_one(table)
    gate.close()
    source.execute("INSERT INTO item (name) VALUES ('of an event')")
    api.deliver([grid_event(table)])
    gate.await_waiting()
    loading: str = api.table(table)["loading"]
    cancel(api, f"/api/orders/{loading.partition('.')[0]}")
    gate.open()
    await_equal(source, ticking.lake, "gated")
    api.await_served(table)
    assert api.get(f"/api/runs/{loading}")["state"] == "cancelled"


@pytest.mark.long
def test_an_order_ended_from_outside_is_alerted_once(
    ticking_api: Api, ticking_source: Source, ticking_gate: Gate, webhook: Webhook
) -> None:
    api = ticking_api
    table = gated(api, ticking_source, ticking_gate)
    ticking_gate.close()
    order_id = api.order([table])
    ticking_gate.await_waiting()
    api.terminate(order_id)
    # The sweep looks only at orders that are old enough to have begun.
    await_value(lambda: webhook.alerts(order_id), "the alert of a terminated order")
    order = api.wait_for_order(order_id)
    assert (order["state"], order["error"]["type"]) == ("failed", "HostFailed")
    ticking_gate.open()
    api.await_served(table)
    assert len(webhook.alerts(order_id)) == 1


@pytest.mark.long
def test_a_backfill_is_cancelled_as_an_order_too(api: Api, source: Source, gate: Gate) -> None:
    table = gated(api, source, gate)
    api.load_one(table)
    gate.close()
    watermark: str = api.table(table)["watermark"]["position"]
    period = {"from": "2020-01-01", "to": watermark[:10], "window": "300d", "parallel": 1}
    order_id = api.post("/api/backfills", {"table": table, **period})["order_id"]
    gate.await_waiting()
    assert cancel(api, f"/api/orders/{order_id}")["cancel_requested"]
    run_id = api.get(f"/api/backfills/{order_id}")["windows"][0]["run_id"]
    assert run_id is None
    [run] = [run for run in api.runs(table) if run["order_id"] == order_id]
    assert api.http.delete(f"/api/runs/{run['run_id']}").status_code == 409
    gate.open()
    view = api.wait_for_order(order_id)
    assert view["state"] == "cancelled"


def test_what_there_is_not_cannot_be_cancelled(api: Api) -> None:
    order = "20260101T000000000Z-abcdef"
    for path in (f"orders/{order}", "orders/x", f"runs/{order}.a.b", "runs/x", f"runs/{order}"):
        assert api.http.delete(f"/api/{path}").status_code == 404
