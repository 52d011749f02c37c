"""A source that is not what it was stops the load with a remedy, or its table file says that it may be so."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack

NUMBERED = {"column": "id", "kind": "integer", "assigned": "database"}


def create_numbers(source: Source, rows: int = 10) -> None:
    source.execute(
        "CREATE TABLE item (id bigserial PRIMARY KEY, name text);"
        f"INSERT INTO item (name) SELECT 'old' FROM generate_series(1, {rows})"
    )


def fails_with(run: Any, error: str) -> None:
    assert (run["state"], run["outcome"], run["error"] and run["error"]["type"]) == (
        "failed",
        None,
        error,
    )
    assert run["error"]["remedy"]


@pytest.mark.long
def test_a_table_made_anew_with_older_rows_stops_until_it_is_read_anew(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = api.table(table)["watermark"]
    source.execute("DROP TABLE item")
    create_items(source, rows=5)
    run = api.load_one(table)
    fails_with(run, "SourceReplaced")
    assert "table was" in run["error"]["message"]
    plan = api.http.post("/api/plans", json={"table": table}).json()
    assert plan["stops"]["type"] == "SourceReplaced"
    backfill = api.post(
        "/api/backfills", {"table": table, "from": "2020-01-01", "to": "2020-01-02"}
    )
    ended = api.wait_for_order(backfill["order_id"], "backfills")
    assert ended["windows"][0]["error"]["type"] == "SourceReplaced"
    assert api.table(table)["watermark"] == before
    assert len(published(stack.lake, source.target("item"))) == 1
    assert api.load_one(table, mode="initial")["rows"] == 5
    source.execute("UPDATE item SET name = 'changed', updated_at = DEFAULT WHERE id = 3")
    assert api.load_one(table)["rows"] == 1
    [compared] = differing(source, stack.lake, "item")
    # What the table no longer has is found by comparing keys, not by reading what is there.
    assert (compared.missing.count, compared.different.count, compared.extra.count) == (0, 0, 5)


@pytest.mark.long
def test_a_watermark_set_by_hand_vouches_for_the_table_that_is_there(
    api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("DROP TABLE item")
    create_items(source, rows=5)
    fails_with(api.load_one(table), "SourceReplaced")
    answer = api.http.put(
        f"/api/tables/{table}/watermark",
        json={"position": "2020-01-01", "reason": "restored from the backup of last night"},
    )
    assert answer.status_code == 200
    assert api.load_one(table)["rows"] == 5


def test_an_emptied_table_stops(api: Api, source: Source, stack: Stack) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = api.table(table)["watermark"]
    source.execute("TRUNCATE item")
    run = api.load_one(table)
    fails_with(run, "SourceEmptied")
    assert "on_empty: accept" in run["error"]["remedy"]
    assert api.table(table)["watermark"] == before
    source.execute("INSERT INTO item (name) VALUES ('filled again')")
    assert api.load_one(table)["rows"] == 1
    assert len(published(stack.lake, source.target("item"))) == 2


@pytest.mark.long
def test_a_table_that_may_be_emptied_is_loaded_on_and_told_of(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED, on_empty="accept")
    api.load_one(table)
    source.execute("DELETE FROM item")
    run = api.load_one(table)
    assert (run["state"], run["outcome"]) == ("succeeded", "nothing_new")
    assert ["on_empty: accept" in finding for finding in run["findings"]] == [True]
    source.execute("INSERT INTO item (name) VALUES ('filled again')")
    assert api.load_one(table)["rows"] == 1


@pytest.mark.long
def test_a_table_that_never_had_a_row_may_be_empty(api: Api, source: Source) -> None:
    source.execute("CREATE TABLE item (id int PRIMARY KEY, updated_at timestamp)")
    table = source.declare("item", watermark=STAMPED)
    for _ in range(2):
        assert api.load_one(table)["outcome"] == "nothing_new"


@pytest.mark.parametrize(
    ("rows", "error"),
    [pytest.param(3, "SourceReplaced", marks=pytest.mark.long), (50, "SourceReplaced")],
)
def test_numbers_that_began_again_stop_however_far_they_have_come(
    api: Api, source: Source, rows: int, error: str
) -> None:
    """Past the watermark nothing but the sequence tells that the first of them are new."""
    create_numbers(source)
    table = source.declare("item", watermark=NUMBERED)
    api.load_one(table)
    source.execute(
        "TRUNCATE item RESTART IDENTITY;"
        f"INSERT INTO item (name) SELECT 'new' FROM generate_series(1, {rows})"
    )
    fails_with(api.load_one(table), error)


@pytest.mark.long
def test_deleted_newest_numbers_are_told_of_and_nothing_is_lost(
    api: Api, source: Source, stack: Stack
) -> None:
    create_numbers(source)
    table = source.declare("item", watermark=NUMBERED)
    assert api.load_one(table)["watermark_after"] == "10"
    source.execute("DELETE FROM item WHERE id > 8")
    run = api.load_one(table)
    assert (run["state"], run["outcome"]) == ("succeeded", "nothing_new")
    assert ["newest rows were deleted" in finding for finding in run["findings"]] == [True]
    source.execute("INSERT INTO item (name) VALUES ('new')")
    run = api.load_one(table)
    assert (run["rows"], run["watermark_after"], run["findings"]) == (1, "11", [])
    [compared] = differing(source, stack.lake, "item")
    assert (compared.missing.count, compared.extra.count) == (0, 2)


@pytest.mark.long
def test_a_number_far_above_its_sequence_stops_or_poisons_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_numbers(source)
    table = source.declare("item", watermark=NUMBERED)
    api.load_one(table)
    source.execute("INSERT INTO item VALUES (9223372036854775807, 'by hand')")
    fails_with(api.load_one(table), "FutureCursor")
    source.declare("item", watermark={**NUMBERED, "future": "read"})
    source.execute("INSERT INTO item (name) VALUES ('next')")
    run = api.load_one(table)
    assert (run["rows"], run["watermark_after"]) == (2, "11")
    assert api.load_one(table)["outcome"] == "nothing_new"
    source.execute("INSERT INTO item (name) VALUES ('and next')")
    assert api.load_one(table)["rows"] == 1
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_rows_without_a_cursor_value_that_grow_are_told_of(api: Api, source: Source) -> None:
    create_items(source, rows=100)
    table = source.declare("item", watermark=STAMPED)
    source.execute("UPDATE item SET updated_at = NULL WHERE id = 1")
    assert api.load_one(table)["findings"] == []
    source.execute("UPDATE item SET updated_at = NULL WHERE id BETWEEN 2 AND 5; ANALYZE item")
    [finding] = api.load_one(table)["findings"]
    assert "rows without a value in updated_at grow: 5 of about 100 rows (5.0%)" in finding
    source.execute("UPDATE item SET name = 'changed', updated_at = DEFAULT WHERE id = 9")
    assert api.load_one(table)["findings"] == []
