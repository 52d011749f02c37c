"""A rule to block keeps a whole run back; repaired at the source, a rerun lands everything."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack

PRICED = {"name": "priced", "rule": "price BETWEEN 0 AND 100", "severity": "block"}
NAMED = {"name": "named", "rule": "name LIKE 'old %'", "severity": "warn"}
KNOWN = {"name": "known", "rule": "name <> 'odd'", "severity": "quarantine"}


def declare(source: Source, *rules: dict[str, str], **keys: Any) -> str:
    return source.declare("item", watermark=STAMPED, quality=list(rules), **keys)


def change(source: Source, assignments: str, number: int) -> None:
    source.execute(
        f"UPDATE item SET {assignments}, updated_at = clock_timestamp() WHERE id = {number}"
    )


@pytest.fixture
def table(source: Source, api: Api) -> str:
    """A table that keeps its contract, loaded."""
    create_items(source)
    name = declare(source, PRICED, NAMED, KNOWN)
    order = api.load(name)
    assert order["state"] == "succeeded"
    assert api.run_of(order, name)["findings"] == []
    return name


def test_a_broken_contract_keeps_the_run_back_until_the_source_is_repaired(
    table: str, api: Api, source: Source, stack: Stack
) -> None:
    before = api.table(table)["watermark"]
    folders = sorted((stack.lake / source.target("item")).iterdir())
    change(source, "price = 4711.5", 3)
    change(source, "name = 'new'", 4)
    broken = api.load(table)
    run = api.run_of(broken, table)
    assert (run["state"], run["error"]["type"]) == ("failed", "ContractBroken")
    assert "rule priced (block) is broken by 1 of 2 rows" in run["error"]["message"]
    assert "4711" not in run["error"]["message"]
    assert api.table(table)["watermark"] == before
    assert sorted((stack.lake / source.target("item")).iterdir()) == folders

    change(source, "price = 47.5", 3)
    api.post(f"/api/runs/{broken['order_id']}/rerun")
    order = api.wait_for_order(broken["order_id"])
    run = api.run_of(order, table)
    assert (run["state"], run["rows"]) == ("succeeded", 2)
    assert run["findings"] == ["rule named (warn) is broken by 1 of 2 rows"]
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_a_rule_that_is_changed_lets_the_rerun_land(
    table: str, api: Api, source: Source, stack: Stack
) -> None:
    change(source, "price = 200, name = 'odd'", 3)
    broken = api.load(table)
    assert api.run_of(broken, table)["error"]["type"] == "ContractBroken"
    declare(source, {**PRICED, "severity": "warn"}, KNOWN)
    api.post(f"/api/runs/{broken['order_id']}/rerun")
    run = api.run_of(api.wait_for_order(broken["order_id"]), table)
    assert run["state"] == "succeeded"
    assert run["findings"] == [
        "rule priced (warn) is broken by 1 of 1 rows",
        "rule known (quarantine) is broken by 1 of 1 rows",
    ]
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_the_contract_holds_for_backfills_and_reconciliations_too(
    table: str, api: Api, source: Source
) -> None:
    source.execute("UPDATE item SET price = -1 WHERE id = 2")
    low = source.value("SELECT min(updated_at)::text FROM item")
    high = api.table(table)["watermark"]["position"]
    placed = api.post("/api/backfills", {"table": table, "from": low, "to": high})
    backfill = api.wait_for_order(placed["order_id"], "backfills")
    assert backfill["state"] == "failed"
    placed = api.post("/api/reconciliations", {"table": table, "compare": "rows"})
    run = api.run_of(api.wait_for_order(placed["order_id"]), table)
    assert run["error"]["type"] == "ContractBroken"
    assert "broken by 1 of 1 rows" in run["error"]["message"]


def test_a_rule_that_is_not_understood_stops_the_first_load(api: Api, source: Source) -> None:
    create_items(source)
    table = declare(source, {"name": "cheap", "rule": "cost < 3", "severity": "warn"})
    run = api.run_of(api.load(table), table)
    assert run["error"]["type"] == "RuleRefused"
    assert "rule cheap: cost < 3: there is no column of the name cost" in run["error"]["message"]
