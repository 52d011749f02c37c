"""An open transaction holds the bound back: the load goes on, says because of whom, and loses nothing."""

from contextlib import closing
from typing import Any

import pytest
from adbc_driver_postgresql import dbapi
from e2e_api import Api
from e2e_comparing import differing
from e2e_source import Source
from e2e_stack import Stack
from e2e_waiting import await_value
from e2e_webhook import Webhook

ASSIGNED = {"column": "updated_at", "kind": "timestamp", "assigned": "database"}
AN_HOUR_AGO = "now() - interval '1 hour'"


def create(source: Source, table: str = "item") -> None:
    source.execute(
        f"""
        CREATE TABLE {table} (id int PRIMARY KEY, updated_at timestamptz DEFAULT now());
        INSERT INTO {table} SELECT n, {AN_HOUR_AGO} FROM generate_series(1, 10) AS n
        """
    )


def await_end(api: Api) -> None:
    """Wait until no order is at work any more, its alerts included."""

    def ended() -> bool:
        return all(each["runtimeStatus"] != "Running" for each in api.instances("load_batch"))

    await_value(ended, "the orders to end")


def held_alerts(webhook: Webhook, table: str) -> list[dict[str, Any]]:
    return [a for a in webhook.received if a["status"] == "held_back" and a["table"] == table]


def test_a_session_that_holds_the_bound_back_is_named_told_of_once_and_loses_nothing(
    api: Api, source: Source, stack: Stack, webhook: Webhook
) -> None:
    create(source)
    table = source.declare("item", watermark=ASSIGNED, held_back_alert="1s")
    assert api.load_one(table)["rows"] == 10
    with source.transaction() as job:
        job.execute("SET application_name = 'nightly job'; INSERT INTO item VALUES (11)")
        source.value("SELECT pg_sleep(2)::text")
        source.execute("INSERT INTO item VALUES (12)")
        order = api.load(table)
        run = api.run_of(order, table)
        assert (run["state"], run["rows"], run["bound"]["how"]) == ("succeeded", 1, "exact")
        assert "application nightly job" in run["bound"]["held_back_by"]
        assert run["bound"]["held_back_seconds"] >= 1
        assert ["nightly job" in finding for finding in run["findings"]] == [True]
        assert "nightly job" in api.table(table)["held_back"]["by"]
        plan = api.http.post("/api/plans", json={"table": table}).json()
        assert plan["found"]["holders"][0]["application"] == "nightly job"
        assert "nightly job" in plan["drift"][0]

        alert = await_value(lambda: webhook.alerts(order["order_id"]), "the alert")[0]
        assert (alert["status"], alert["table"], alert["failed"]) == ("held_back", table, 0)
        assert "nightly job" in alert["text"]
        assert alert["held"][0]["run_id"] == run["run_id"]
        assert api.load_one(table)["outcome"] == "nothing_new"
        await_end(api)
        assert len(held_alerts(webhook, table)) == 1
        job.commit()
    run = api.load_one(table)
    assert (run["rows"], run["findings"], api.table(table)["held_back"]) == (1, [], None)
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_the_next_one_who_holds_the_bound_back_is_told_of_again(
    api: Api, source: Source, webhook: Webhook
) -> None:
    create(source)
    table = source.declare("item", watermark=ASSIGNED, held_back_alert="1s")
    quiet = source.full("quiet")
    create(source, "quiet")
    source.declare("quiet", watermark=ASSIGNED, held_back_alert="none")
    for _ in range(2):
        with source.transaction() as job:
            job.execute("INSERT INTO item VALUES (0); DELETE FROM item WHERE id = 0")
            source.value("SELECT pg_sleep(2)::text")
            order = api.load(table, quiet)
            await_value(lambda done=order["order_id"]: webhook.alerts(done), "the alert")
    await_end(api)
    assert len(held_alerts(webhook, table)) == 2
    assert held_alerts(webhook, quiet) == []
    assert all(len(alert["held"]) == 1 for alert in held_alerts(webhook, table))


@pytest.mark.long
def test_a_prepared_transaction_holds_the_watermark_where_it_is_and_loses_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    """Nobody knows when it began: here well before it was prepared."""
    create(source)
    table = source.declare("item", watermark=ASSIGNED)
    before = api.load_one(table)["watermark_after"]
    with source.transaction() as prepared:
        # In one script: the next one would begin with a commit.
        prepared.execute(
            f"INSERT INTO item VALUES (11); SELECT pg_sleep(2);PREPARE TRANSACTION '{source.name}'"
        )
    source.execute("INSERT INTO item VALUES (12)")
    try:
        run = api.load_one(table)
        assert (run["rows"], run["watermark_after"]) == (1, before)
        assert f"prepared transaction {source.name}" in run["bound"]["held_back_by"]
    finally:
        with (
            closing(dbapi.connect(source.uri, autocommit=True)) as owner,
            owner.cursor() as cursor,
        ):
            cursor.executescript(f"COMMIT PREPARED '{source.name}'")
    run = api.load_one(table)
    assert (run["rows"], run["watermark_after"] > before) == (1, True)
    assert differing(source, stack.lake, "item") == []


def test_a_column_that_follows_each_sessions_time_zone_is_settled_and_says_so(
    api: Api, source: Source
) -> None:
    source.execute(
        "CREATE TABLE item (id int PRIMARY KEY, updated_at timestamp DEFAULT now());"
        "INSERT INTO item VALUES (1)"
    )
    run = api.load_one(source.declare("item", watermark=ASSIGNED))
    assert run["bound"]["how"] == "settled"
    assert ["time zone" in finding for finding in run["findings"]] == [True]
