"""Columns that change in the middle of a load, and histories that only a backfill of everything fills."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import current, images, published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import Stack
from e2e_waiting import await_value

# How the run goes that met the change, if it is run again.
AGAIN = {"add": "loaded", "freeze": None, "quarantine": "quarantined"}


def await_altering(source: Source) -> None:
    """Wait until somebody waits for the readers of a view to leave."""
    sql = """SELECT count(*) FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND wait_event = 'relation' AND query LIKE '%OR REPLACE VIEW%'"""
    await_value(lambda: source.value(sql) > 0, "the change of the view to be waiting")


@pytest.mark.long
@pytest.mark.parametrize("policy", ["add", "freeze", "quarantine"])
def test_columns_that_change_between_two_slices_stop_the_run_and_a_rerun_plans_anew(
    api: Api, source: Source, stack: Stack, gate: Gate, policy: str
) -> None:
    create_items(source)
    gate.create("gated", "item")
    slices = {"rows": 5, "parallel": 1}
    table = source.declare("gated", watermark=STAMPED, on_drift=policy, slices=slices)
    api.load_one(table)
    before = api.table(table)["watermark"]
    source.execute(
        "INSERT INTO item (name, updated_at)"
        " SELECT 'new', localtimestamp - interval '1 minute' + interval '1 second' * n"
        " FROM generate_series(1, 10) AS n"
    )
    gate.close()
    order = api.order([table])
    gate.await_waiting()
    # Queued behind the reader of the first slice, and before that of the second.
    with ThreadPoolExecutor(1) as someone:
        altering = someone.submit(
            source.execute,
            "CREATE OR REPLACE VIEW gated AS SELECT *, 7 AS age FROM item WHERE gate()",
        )
        await_altering(source)
        gate.open()
        altering.result()
    run = api.run_of(api.wait_for_order(order), table)
    assert (run["state"], run["error"]["type"]) == ("failed", "SchemaDrifted")
    assert "columns changed during the load: column age (integer) is new" in run["error"]["message"]
    assert len(published(stack.lake, source.target("gated"))) == 1
    api.post(f"/api/runs/{order}/rerun")
    again = api.run_of(api.wait_for_order(order), table)
    assert (again["attempt"], again["outcome"]) == (2, AGAIN[policy])
    assert (api.table(table)["watermark"] == before) == (policy != "add")
    api.load_one(table, mode="initial")
    assert differing(source, stack.lake, "gated") == []


def test_a_rerun_whose_columns_have_not_changed_adopts_its_plan(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    create_items(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    gate.close()
    order = api.order([table])
    gate.await_waiting()
    api.http.delete(f"/api/orders/{order}")
    gate.open()
    api.wait_for_order(order)
    api.post(f"/api/runs/{order}/rerun")
    again = api.run_of(api.wait_for_order(order), table)
    assert (again["attempt"], again["outcome"]) == (2, "loaded")
    # The number of its first turn: a plan made anew would have that of its second.
    [run] = published(stack.lake, source.target("gated"))
    assert run.run_no == 1
    assert differing(source, stack.lake, "gated") == []


@pytest.fixture
def aged(api: Api, source: Source, stack: Stack) -> str:
    """A table with rows below the bound, above it and without a cursor value; then a column came, filled untold."""
    source.execute(
        """
        CREATE TABLE item (id int PRIMARY KEY, name text, updated_at timestamp);
        INSERT INTO item SELECT n, 'old', localtimestamp - interval '1 day' FROM generate_series(1, 4) n;
        INSERT INTO item SELECT n, 'fresh', localtimestamp FROM generate_series(5, 6) n;
        INSERT INTO item VALUES (7, 'none', NULL)
        """
    )
    table = source.declare("item", watermark=STAMPED, settle="1h", slices={"rows": 4})
    api.load_one(table)
    assert len(images(stack.lake, source.target("item"))) == 7
    source.execute("ALTER TABLE item ADD COLUMN age int; UPDATE item SET age = 10 * id")
    return table


@pytest.mark.long
def test_rows_above_the_bound_and_without_a_cursor_value_land_again_with_a_new_column(
    api: Api, source: Source, stack: Stack, aged: str
) -> None:
    run = api.load_one(aged)
    assert "column age (integer) is new" in run["findings"]
    state = current(stack.lake, source.target("item"))
    assert {key: row.get("age") for key, row in state.items()} == {
        **dict.fromkeys((1, 2, 3, 4)),
        5: 50,
        6: 60,
        7: 70,
    }
    assert api.load_one(aged)["rows"] == 0


@pytest.mark.long
def test_a_backfill_of_all_fills_the_history_of_a_new_column(
    api: Api, source: Source, stack: Stack, aged: str
) -> None:
    table = aged
    api.load_one(table)
    before = api.table(table)["watermark"]
    plan = api.http.post("/api/plans", json={"table": table, "mode": "backfill"}).json()
    order = api.post("/api/backfills", {"table": table})["order_id"]
    view = api.wait_for_order(order, "backfills")
    assert view["state"] == "succeeded"
    first, *_, nulls = view["windows"]
    assert (first["from"], nulls["from"], nulls["to"]) == (None, None, None)
    assert [window["nulls"] for window in view["windows"]][-2:] == [False, True]
    assert len(plan["slices"]) == len(view["windows"])
    assert api.table(table)["watermark"] == before
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_a_backfill_without_an_end_goes_up_to_the_watermark(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("UPDATE item SET name = 'corrected'")
    order = api.post("/api/backfills", {"table": table, "from": "2020-01-01", "window": "3650d"})
    view = api.wait_for_order(order["order_id"], "backfills")
    assert view["state"] == "succeeded"
    # The row with the highest value lies above the watermark: the next load reads it anyway.
    [compared] = differing(source, stack.lake, "item")
    assert compared.different.count == 1
    assert api.load_one(table)["rows"] == 1
    assert differing(source, stack.lake, "item") == []


def test_a_backfill_of_all_is_refused_before_the_first_load_and_a_window_without_a_start(
    api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    assert api.http.post("/api/backfills", json={"table": table}).status_code == 409
    window = api.http.post("/api/backfills", json={"table": table, "window": "1d"})
    assert [error["field"] for error in window.json()["errors"]] == ["window"]
