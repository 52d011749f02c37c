"""A load that is ended from outside gives its turn back, and whoever still works for it is too late."""

from dataclasses import dataclass
from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import Stack
from e2e_waiting import await_value
from e2e_webhook import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """A load whose orchestration has been terminated while it read a slice, which it still does."""

    table: str
    order_id: str


@pytest.fixture
def terminated(ticking_api: Api, ticking_source: Source, ticking_gate: Gate) -> Terminated:
    create_items(ticking_source)
    ticking_gate.create("gated", "item")
    table = ticking_source.declare("gated", watermark=STAMPED)
    ticking_api.load_one(table)
    ticking_source.execute("INSERT INTO item (name) VALUES ('seen by the late one')")
    ticking_gate.close()
    order_id = ticking_api.order([table])
    ticking_gate.await_waiting()
    [load] = [
        each["instanceId"]
        for each in ticking_api.instances("load_table")
        if each["instanceId"].startswith(order_id)
    ]
    ticking_api.terminate(load)
    return Terminated(table=table, order_id=order_id)


@pytest.mark.long
def test_the_sweep_frees_the_turn_and_the_late_reader_publishes_nothing(
    terminated: Terminated,
    ticking_api: Api,
    ticking_source: Source,
    ticking: Stack,
    ticking_gate: Gate,
) -> None:
    def turn_is_free() -> bool:
        return ticking_api.table(terminated.table)["loading"] is None

    await_value(turn_is_free, "the sweep to free the turn")
    ticking_gate.let_others_pass()
    ticking_source.execute("UPDATE item SET name = 'newer', updated_at = now() WHERE id = 11")
    run = ticking_api.load_one(terminated.table)
    assert (run["state"], run["rows"]) == ("succeeded", 1)
    target = ticking_source.target("gated")
    before = [each.run_no for each in published(ticking.lake, target)]
    ticking_gate.open()
    ticking_gate.await_nobody()
    late = {"message": "activity completed", "activity": "extract_slice"}
    await_value(
        lambda: any(
            line["instance"].startswith(terminated.order_id) for line in ticking.lines(late)
        ),
        "the late reader to end",
    )
    assert ticking_api.load_one(terminated.table)["outcome"] == "nothing_new"
    assert [each.run_no for each in published(ticking.lake, target)] == before
    assert differing(ticking_source, ticking.lake, "gated") == []


@pytest.mark.long
def test_an_order_whose_load_was_terminated_fails_and_is_alerted_with_its_cause(
    terminated: Terminated, ticking_api: Api, webhook: Webhook
) -> None:
    order: Any = ticking_api.wait_for_order(terminated.order_id)
    assert order["state"] == "failed"
    run = ticking_api.run_of(order, terminated.table)
    assert (run["state"], run["error"] is not None) == ("failed", True)
    [alert] = webhook.alerts(terminated.order_id)
    assert (alert["table"], alert["run_id"]) == (terminated.table, run["run_id"])
    assert alert["error"] == run["error"]


@pytest.mark.long
def test_a_rerun_of_a_terminated_load_completes_it(
    terminated: Terminated,
    ticking_api: Api,
    ticking_source: Source,
    ticking: Stack,
    ticking_gate: Gate,
) -> None:
    ticking_api.wait_for_order(terminated.order_id)
    ticking_gate.open()
    ticking_api.post(f"/api/runs/{terminated.order_id}/rerun")
    order = ticking_api.wait_for_order(terminated.order_id)
    assert (order["state"], order["attempt"]) == ("succeeded", 2)
    assert differing(ticking_source, ticking.lake, "gated") == []
