"""A watermark moved by hand: told who and why, never under a load, and the next load goes on from there."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import Stack


def put(api: Api, table: str, position: Any, **body: Any) -> Any:
    given = {"position": position, "reason": "a test", **body}
    return api.http.put(f"/api/tables/{table}/watermark", json=given)


def roll_back(api: Api, table: str, version: int) -> Any:
    body = {"version": version, "reason": "a mistake"}
    return api.http.post(f"/api/tables/{table}/watermark/rollback", json=body)


def test_rows_above_a_watermark_that_is_set_back_are_landed_again(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = api.table(table)["watermark"]
    answer = put(api, table, "2020-01-01")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["before"]["position"] == before["position"]
    assert body["watermark"] == {
        "version": before["version"] + 1,
        "position": "2020-01-01 00:00:00.000000",
        "how": "set",
        "run_id": None,
        "moved_at": body["watermark"]["moved_at"],
        "by": "set",
        "reason": "a test",
    }
    run = api.load_one(table)
    assert (run["rows"], run["watermark_before"]) == (10, "2020-01-01 00:00:00.000000")
    assert len(published(stack.lake, source.target("item"))) == 2
    assert differing(source, stack.lake, "item") == []
    history = api.get(f"/api/tables/{table}/watermarks")
    assert [each["by"] for each in history["watermarks"]] == ["load", "set", "load"]


def test_rows_are_skipped_only_by_asking_for_it(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    assert put(api, table, "2020-01-01").status_code == 409
    assert put(api, table, "2020-01-01", skip=True).status_code == 200
    assert api.load_one(table)["mode"] == "incremental"
    refused = put(api, table, "2999-01-01")
    assert refused.status_code == 409
    assert "skip: true" in refused.json()["detail"]
    assert put(api, table, "2000-01-01", skip=True).status_code == 200


@pytest.mark.long
def test_a_rollback_undoes_a_correction(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    loaded = api.table(table)["watermark"]
    put(api, table, "2020-01-01")
    body = roll_back(api, table, loaded["version"]).json()
    assert body["watermark"]["position"] == loaded["position"]
    assert (body["watermark"]["by"], body["watermark"]["reason"]) == ("rollback", "a mistake")
    assert api.load_one(table)["outcome"] in {"nothing_new", "loaded"}
    for version in (99, api.table(table)["watermark"]["version"]):
        refused = roll_back(api, table, version)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "version"


@pytest.mark.long
def test_a_watermark_is_not_moved_under_a_load(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    create_items(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    api.load_one(table)
    source.execute("INSERT INTO item (name) VALUES ('new')")
    gate.close()
    order_id = api.order([table])
    gate.await_waiting()
    for answer in (put(api, table, "2020-01-01"), roll_back(api, table, 1)):
        assert answer.status_code in {409, 422}
    assert put(api, table, "2020-01-01").status_code == 409
    gate.open()
    assert api.wait_for_order(order_id)["state"] == "succeeded"
    assert put(api, table, "2020-01-01").status_code == 200
    assert api.load_one(table)["rows"] == 11
    assert differing(source, stack.lake, "gated") == []


@pytest.mark.long
def test_a_failed_load_is_not_resumed_over_a_correction(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    """Its plan was made from the old watermark, and would carry the new one on without a look between."""
    create_items(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    api.load_one(table)
    source.execute("INSERT INTO item (name) VALUES ('new')")
    gate.close()
    order_id = api.order([table])
    gate.await_waiting()
    assert api.http.delete(f"/api/orders/{order_id}").status_code == 202
    gate.open()
    assert api.wait_for_order(order_id)["state"] == "cancelled"
    assert put(api, table, "2020-01-01").status_code == 200
    api.post(f"/api/runs/{order_id}/rerun")
    run = api.run_of(api.wait_for_order(order_id), table)
    assert (run["rows"], run["watermark_before"]) == (11, "2020-01-01 00:00:00.000000")
    assert differing(source, stack.lake, "gated") == []


@pytest.mark.long
def test_an_integer_watermark_is_set_and_read_page_by_page(api: Api, source: Source) -> None:
    source.execute(
        "CREATE TABLE item (id bigint PRIMARY KEY);"
        "INSERT INTO item SELECT n FROM generate_series(1, 20) AS n"
    )
    table = source.declare("item", watermark={"kind": "integer", "column": "id"})
    for position in (19, 15, 10, 5):
        assert put(api, table, position, skip=True).status_code == 200
    assert api.load_one(table)["rows"] == 15
    found: list[int] = []
    address = f"/api/tables/{table}/watermarks?limit=2"
    while address:
        answer = api.http.get(address).json()
        found += [each["version"] for each in answer["watermarks"]]
        address = answer["next"]
    assert found[-4:] == [4, 3, 2, 1]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("position", ["soon", "", "1e5", "\u0000", "9" * 65])
def test_what_is_no_value_of_the_cursor_is_refused(api: Api, source: Source, position: str) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    answer = put(api, table, position, skip=True)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "position")


def test_a_table_without_a_cursor_has_no_watermark_to_move(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark={"kind": "none"})
    assert put(api, table, "1", skip=True).status_code == 422
    assert api.get(f"/api/tables/{table}/watermarks")["watermarks"] == []
    assert put(api, "no/such.table", "1").status_code == 404
