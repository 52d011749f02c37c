"""Backfills: a period loaded again, beside the regular loads and never against them."""

from typing import Any

import pytest
from e2e_api import Api, grid_event
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Gate, Source
from e2e_stack import Stack
from e2e_waiting import await_value

DAYS = {"from": "2026-01-02", "to": "2026-01-06", "window": "1d"}


def create_days(source: Source) -> None:
    """Make a table with one row for each hour of ten days."""
    source.execute(
        """
        CREATE TABLE item (id serial PRIMARY KEY, name text, updated_at timestamp);
        INSERT INTO item (name, updated_at)
        SELECT 'old', at
        FROM generate_series(timestamp '2026-01-01', '2026-01-10 23:00', '1 hour') AS at
        """
    )


def backfill(api: Api, table: str, **more: Any) -> str:
    return api.post("/api/backfills", {"table": table, **DAYS, **more})["order_id"]


def windows(api: Api, order_id: str) -> list[tuple[str, str]]:
    view = api.get(f"/api/backfills/{order_id}")
    return [(window["from"][:10], window["state"]) for window in view["windows"]]


def gated_view(api: Api, source: Source, gate: Gate) -> str:
    """Make the table, a view of it that has been loaded once, and close the gate to its rows."""
    create_days(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    api.load_one(table)
    gate.close()
    return table


def test_a_backfill_loads_its_windows_in_groups_and_leaves_the_watermark(
    api: Api, source: Source, stack: Stack
) -> None:
    create_days(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = api.table(table)["watermark"]
    # A correction that did not touch the cursor: only a backfill can see it.
    source.execute("UPDATE item SET name = 'corrected' WHERE updated_at < '2026-01-03'")
    view = api.wait_for_order(backfill(api, table, parallel=2), "backfills")
    assert (view["state"], view["progress"]) == ("succeeded", {"done": 4, "total": 4})
    days = [window["from"][:10] for window in view["windows"]]
    assert days == ["2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]
    assert api.table(table)["watermark"] == before
    groups = published(stack.lake, source.target("item"))[1:]
    landed = [sorted(row["updated_at"].day for row in group.rows) for group in groups]
    assert landed == [[2] * 24 + [3] * 24, [4] * 24 + [5] * 24]
    assert {group.manifest["load_type"] for group in groups} == {"backfill"}
    [compared] = differing(source, stack.lake, "item")
    # The first day lies outside [from, to), so what was corrected there is still to come.
    assert (compared.different.count, compared.sound) == (24, True)


def test_an_update_during_a_backfill_wins_over_what_the_backfill_read(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    table = gated_view(api, source, gate)
    order_id = backfill(api, table, window="4d")
    gate.await_waiting()
    source.execute(
        "UPDATE item SET name = 'newer', updated_at = now() WHERE updated_at = '2026-01-02 05:00'"
    )
    load = api.order([table])
    gate.open()
    assert api.wait_for_order(order_id, "backfills")["state"] == "succeeded"
    assert api.wait_for_order(load)["state"] == "succeeded"
    assert differing(source, stack.lake, "gated") == []


@pytest.mark.long
def test_a_load_gets_its_turn_between_two_groups_of_a_backfill(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    table = gated_view(api, source, gate)
    order_id = backfill(api, table, parallel=1)
    gate.await_waiting()
    source.execute("INSERT INTO item (name, updated_at) VALUES ('new', now())")
    load = api.order([table])
    # By its fifth question it asks seldom, so that groups could follow each other unseen.
    asked = {"message": "activity started", "activity": "take_turn"}
    await_value(
        lambda: len([line for line in stack.lines(asked) if line["instance"].startswith(load)]) > 4,
        "the load to have asked for its turn five times",
    )
    gate.open()
    run = api.run_of(api.wait_for_order(load), table)
    view = api.wait_for_order(order_id, "backfills")
    assert (run["outcome"], view["state"]) == ("loaded", "succeeded")
    last = max(api.get(f"/api/runs/{window['run_id']}")["started_at"] for window in view["windows"])
    assert run["ended_at"] <= last


@pytest.mark.long
def test_an_event_during_a_backfill_is_served_by_a_load_and_not_by_the_backfill(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    table = gated_view(api, source, gate)
    order_id = backfill(api, table, parallel=1)
    gate.await_waiting()
    source.execute("INSERT INTO item (name, updated_at) VALUES ('new', now())")
    api.deliver([grid_event(table)])
    gate.open()
    api.wait_for_order(order_id, "backfills")
    api.await_served(table)
    assert differing(source, stack.lake, "gated") == []


@pytest.mark.long
def test_a_cancelled_backfill_ends_after_its_group_and_a_rerun_does_the_rest(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    table = gated_view(api, source, gate)
    order_id = backfill(api, table, parallel=2)
    gate.await_waiting(2)
    assert windows(api, order_id) == [
        ("2026-01-02", "running"),
        ("2026-01-03", "running"),
        ("2026-01-04", "queued"),
        ("2026-01-05", "queued"),
    ]
    assert api.http.delete(f"/api/backfills/{order_id}").status_code == 202
    gate.open()
    view = api.wait_for_order(order_id, "backfills")
    assert (view["state"], view["progress"]["done"]) == ("cancelled", 2)
    api.post(f"/api/runs/{order_id}/rerun")
    again = api.wait_for_order(order_id, "backfills")
    assert (again["state"], again["attempt"], again["progress"]["done"]) == ("succeeded", 2, 4)
    assert again["windows"][:2] == view["windows"][:2]
    assert len(published(stack.lake, source.target("gated"))) == 3


@pytest.mark.long
def test_a_backfill_of_an_integer_cursor_counts_in_its_own_units(
    api: Api, source: Source, stack: Stack
) -> None:
    source.execute(
        """
        CREATE TABLE item (id bigserial PRIMARY KEY, name text);
        INSERT INTO item (name) SELECT 'old' FROM generate_series(1, 50)
        """
    )
    watermark = {"column": "id", "kind": "integer", "assigned": "database"}
    table = source.declare("item", watermark=watermark)
    await_value(lambda: int(api.load_one(table)["watermark_after"]) >= 31, "the watermark to move")
    period = {"table": table, "from": 11, "to": 31, "window": "10", "parallel": 1}
    order_id = api.post("/api/backfills", period)["order_id"]
    assert api.wait_for_order(order_id, "backfills")["state"] == "succeeded"
    groups = published(stack.lake, source.target("item"))[-2:]
    assert [sorted(row["id"] for row in group.rows) for group in groups] == [
        list(range(11, 21)),
        list(range(21, 31)),
    ]


def test_a_backfill_is_refused_before_the_first_load_and_above_the_watermark(
    api: Api, source: Source
) -> None:
    create_days(source)
    table = source.declare("item", watermark=STAMPED)
    early = api.http.post("/api/backfills", json={"table": table, **DAYS})
    assert early.status_code == 409
    assert "watermark" in early.json()["detail"]
    api.load_one(table)
    above = api.http.post("/api/backfills", json={"table": table, **DAYS, "to": "2999-01-01"})
    assert above.status_code == 400
    assert [error["field"] for error in above.json()["errors"]] == ["to"]
    assert api.table(table)["runs"][0]["mode"] == "initial"


@pytest.mark.parametrize("end", ["2026-01-02", pytest.param("2026-01-01", marks=pytest.mark.long)])
def test_a_backfill_of_an_empty_period_is_refused(api: Api, source: Source, end: str) -> None:
    create_days(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    answer = api.http.post("/api/backfills", json={"table": table, **DAYS, "to": end})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "from")
