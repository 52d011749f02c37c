"""Schedules, and what happens to the table files while the system runs."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import await_equal
from e2e_lake import listing
from e2e_source import STAMPED, Source, create_items
from e2e_stack import EVERY_SECOND, Stack
from e2e_waiting import await_value

NEVER_DUE = "0 0 0 1 1 *"


def test_a_scheduled_table_is_loaded_by_the_timer_again_and_again(
    ticking_api: Api, ticking_source: Source, ticking: Stack
) -> None:
    create_items(ticking_source)
    table = ticking_source.declare("item", watermark=STAMPED, schedule=EVERY_SECOND)
    for name in ("first", "second"):
        ticking_source.execute(f"INSERT INTO item (name) VALUES ('{name}')")
        await_equal(ticking_source, ticking.lake, "item")
    orders = {run["order_id"] for run in ticking_api.runs(table)}
    reasons = {ticking_api.get(f"/api/orders/{order}")["reason"] for order in orders}
    assert (len(orders) > 1, reasons) == (True, {"schedule"})


@pytest.mark.long
def test_a_changed_schedule_counts_without_a_restart(
    ticking_api: Api, ticking_source: Source
) -> None:
    create_items(ticking_source)
    table = ticking_source.declare("item", watermark=STAMPED, schedule=NEVER_DUE)
    assert ticking_api.table(table)["schedule"] == NEVER_DUE
    assert ticking_api.runs(table) == []
    ticking_source.declare("item", watermark=STAMPED, schedule=EVERY_SECOND)
    await_value(lambda: ticking_api.runs(table), "a load by the new schedule")
    ticking_source.declare("item", watermark=STAMPED, schedule="none")
    assert ticking_api.table(table)["schedule"] is None


def health(api: Api) -> tuple[int, Any]:
    answer = api.http.get("/api/health")
    return answer.status_code, answer.json()["checks"]["tables"]


def test_a_broken_table_file_is_named_and_nothing_is_loaded_until_it_is_repaired(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    assert health(api)[0] == 200
    good = source.file.read_text()
    lake, remembered = listing(stack.lake), stack.remembered()
    source.file.write_text(good.replace('"timestamp"', '"timestmp"'))
    line = 1 + good[: good.index('"timestamp"')].count("\n")
    status, tables = health(api)
    assert (status, tables["status"]) == (503, "down")
    assert f"{source.file.name}:{line}" in tables["error"]
    refused = api.http.post("/api/loads", json={"tables": [table]})
    assert refused.status_code == 503
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert f"{source.file.name}:{line}" in refused.json()["detail"]
    assert (listing(stack.lake), stack.remembered()) == (lake, remembered)
    source.file.write_text(good)
    assert health(api)[0] == 200
    assert api.load_one(table)["state"] == "succeeded"
