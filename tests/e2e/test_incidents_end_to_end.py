"""What is wrong is told of once, and so is its end; many tables at once are one message."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_source import Source
from e2e_waiting import await_value
from e2e_webhook import Webhook

from cli.answers import read
from cli.incidents import Incidents, render_incidents


def create(source: Source, table: str) -> str:
    source.execute(f"CREATE TABLE {table} (id int PRIMARY KEY); INSERT INTO {table} VALUES (1)")
    return source.declare(table, watermark={"kind": "none"})


def told_of(webhook: Webhook, table: str) -> list[dict[str, Any]]:
    return [each for each in webhook.received if table in [t["table"] for t in each["tables"]]]


def test_a_table_that_fails_twice_and_is_mended_is_told_of_once_and_its_end_once(
    api: Api, source: Source, webhook: Webhook
) -> None:
    table = create(source, "item")
    assert api.load_one(table)["rows"] == 1
    source.execute("ALTER TABLE item RENAME TO gone")
    orders = [api.load(table) for _ in range(2)]
    assert [order["alert"] for order in orders] == ["sent", "known"]
    [open_one] = api.get("/api/incidents", table=table)["incidents"]
    assert (open_one["state"], open_one["kind"], open_one["count"]) == ("open", "failed", 2)

    source.execute("ALTER TABLE gone RENAME TO item")
    well = api.load(table)
    assert well["state"] == "succeeded"
    await_value(lambda: len(told_of(webhook, table)) == 2, "the end to be told")
    opened, over = told_of(webhook, table)
    assert (opened["event"], opened["status"], opened["table"]) == ("opened", "failed", table)
    assert (over["event"], over["status"], over["rows"]) == ("resolved", "resolved", 1)
    assert over["thread"] == [opened["id"]]
    assert over["incidents"] == opened["incidents"] == [open_one["id"]]

    assert api.load(table)["alert"] == "none"  # nothing is wrong and nothing was
    assert len(told_of(webhook, table)) == 2
    page = api.get("/api/incidents", table=table)
    assert [each["state"] for each in page["incidents"]] == ["resolved"]
    assert render_incidents(read(page, Incidents))
    assert api.get("/api/incidents", table=table, state="open")["incidents"] == []
    assert api.get("/api/health")["checks"]["alerts"] == {"status": "up", "count": 0}


@pytest.mark.long
def test_tables_of_one_source_that_fail_at_once_are_one_message(
    api: Api, source: Source, webhook: Webhook
) -> None:
    tables = [create(source, f"t{number:02d}") for number in range(4)]
    for number in range(4):
        source.execute(f"ALTER TABLE t{number:02d} RENAME TO gone{number:02d}")
    order = api.load(*tables)
    assert (order["state"], order["alert"]) == ("failed", "sent")
    [alert] = webhook.alerts(order["order_id"])
    assert (alert["failed"], len(alert["tables"])) == (4, 4)
    for number in range(2):
        source.execute(f"ALTER TABLE gone{number:02d} RENAME TO t{number:02d}")
    assert api.load(*tables[:2])["state"] == "succeeded"
    await_value(lambda: len(told_of(webhook, tables[0])) == 2, "the end to be told")
    over = told_of(webhook, tables[0])[1]
    assert (over["event"], [each["table"] for each in over["tables"]]) == ("resolved", tables[:2])
    first = api.get("/api/incidents", kind="failed", limit=3)
    assert len(first["incidents"]) == 3
    assert api.http.get(first["next"]).status_code == 200


@pytest.mark.long
def test_a_table_that_is_late_is_told_of_before_anybody_asks_for_it(
    ticking_api: Api, ticking_source: Source, webhook: Webhook
) -> None:
    create(ticking_source, "item")
    table = ticking_source.declare("item", watermark={"kind": "none"}, fresh_within="1h")
    ticking_api.load(table)
    fresh = ticking_api.table(table)["freshness"]
    assert (fresh["within_seconds"], fresh["late"]) == (3600, False)
    ticking_source.declare("item", watermark={"kind": "none"}, fresh_within="1s")
    alert = await_value(lambda: told_of(webhook, table), "the alert")[0]
    assert (alert["status"], alert["event"], alert["order_id"]) == ("late", "opened", None)
    assert alert["lag_seconds"] >= 1
    assert ticking_api.table(table)["freshness"]["late"]
    ticking_source.declare("item", watermark={"kind": "none"}, fresh_within="1h")
    assert ticking_api.load(table)["state"] == "succeeded"
    await_value(lambda: len(told_of(webhook, table)) == 2, "the end to be told")
    assert told_of(webhook, table)[1]["thread"] == [alert["id"]]
