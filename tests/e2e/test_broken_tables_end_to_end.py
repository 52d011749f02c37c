"""A table that fails takes nobody with it, is alerted once, and is all that a rerun touches."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack
from e2e_waiting import await_value
from e2e_webhook import Webhook

BROKEN = {"dropped": "SchemaDrifted", "missing": "TableMissing", "mistyped": "CursorUnsound"}


@pytest.fixture
def broken(api: Api, source: Source) -> Any:
    """An order of a good table and three broken ones, once it has ended."""
    create_items(source, "good")
    create_items(source, "dropped")
    names = [source.declare(table, watermark=STAMPED) for table in ("good", *BROKEN)]
    api.load(names[1])
    source.execute(
        """
        ALTER TABLE dropped DROP COLUMN price;
        CREATE TABLE mistyped (id int PRIMARY KEY, updated_at text)
        """
    )
    return api.load(*names)


def errors(order: Any) -> dict[str, str | None]:
    return {
        part["table"].rpartition(".")[2]: part["error"] and part["error"]["type"]
        for part in order["tables"]
    }


def test_broken_tables_fail_with_a_remedy_and_their_neighbour_is_loaded(
    broken: Any, api: Api, source: Source, stack: Stack
) -> None:
    assert broken["state"] == "failed"
    assert errors(broken) == {"good": None, **BROKEN}
    good = api.run_of(broken, source.full("good"))
    assert (good["state"], good["rows"]) == ("succeeded", 10)
    assert differing(source, stack.lake, "good") == []
    for part in broken["tables"][1:]:
        assert part["state"] == "failed"
        assert part["error"]["message"]
        assert part["error"]["remedy"]
    dropped = api.run_of(broken, source.full("dropped"))
    assert "price" in dropped["error"]["message"]


def test_a_failed_order_is_alerted_exactly_once_with_all_that_failed(
    broken: Any, api: Api, source: Source, stack: Stack, webhook: Webhook
) -> None:
    [alert] = webhook.alerts(broken["order_id"])
    failed = {part["table"]: part for part in broken["tables"] if part["state"] == "failed"}
    assert alert["failed"] == 3
    assert {(each["table"], each["run_id"]) for each in alert["tables"]} == {
        (name, part["run_id"]) for name, part in failed.items()
    }
    assert alert["error"] == failed[alert["table"]]["error"]
    assert alert["run_id"] == failed[alert["table"]]["run_id"]
    for link in (alert["link"], alert["tables"][0]["link"]):
        assert link.startswith(stack.url)
        assert api.http.get(link).status_code == 200


@pytest.mark.long
def test_a_rerun_after_the_repair_touches_only_what_failed(
    broken: Any, api: Api, source: Source, stack: Stack, webhook: Webhook
) -> None:
    good = api.run_of(broken, source.full("good"))
    source.execute(
        """
        ALTER TABLE dropped ADD COLUMN price numeric(12, 2);
        UPDATE dropped SET price = id, updated_at = clock_timestamp();
        ALTER TABLE mistyped ALTER COLUMN updated_at TYPE timestamp USING updated_at::timestamp;
        INSERT INTO mistyped VALUES (1, localtimestamp)
        """
    )
    create_items(source, "missing")
    answer = api.post(f"/api/runs/{broken['order_id']}/rerun")
    assert answer["order_id"] == broken["order_id"]
    order = api.wait_for_order(broken["order_id"])
    assert (order["state"], order["attempt"]) == ("succeeded", 2)
    assert errors(order) == dict.fromkeys(("good", *BROKEN))
    assert api.run_of(order, source.full("good")) == good
    attempts = [api.run_of(order, source.full(table))["attempt"] for table in BROKEN]
    assert attempts == [2, 2, 2]
    assert differing(source, stack.lake, "good", *BROKEN) == []
    told = await_value(lambda: webhook.alerts(broken["order_id"])[1:], "the end to be told")
    assert [alert["event"] for alert in told] == ["resolved"]
    nothing_left = api.http.post(f"/api/runs/{broken['order_id']}/rerun")
    assert nothing_left.status_code == 422


@pytest.mark.long
def test_a_rerun_of_one_run_leaves_the_other_failed_ones_alone(
    broken: Any, api: Api, source: Source
) -> None:
    create_items(source, "missing")
    before = {table: api.run_of(broken, source.full(table)) for table in BROKEN}
    api.post(f"/api/runs/{before['missing']['run_id']}/rerun")
    order = api.wait_for_order(broken["order_id"])
    after = {table: api.run_of(order, source.full(table)) for table in BROKEN}
    assert (order["state"], after["missing"]["state"]) == ("failed", "succeeded")
    assert {table: after[table] == before[table] for table in BROKEN} == {
        "dropped": True,
        "missing": False,
        "mistyped": True,
    }
