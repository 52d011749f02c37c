"""Reconciliations: what a cursor cannot see is found and repaired, and the copy equals its source again."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import current, published
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack


def reconcile(api: Api, table: str, compare: str = "keys") -> Any:
    """Reconcile a table, wait for it, and give its run."""
    order_id = api.post("/api/reconciliations", {"table": table, "compare": compare})["order_id"]
    run = api.run_of(api.wait_for_order(order_id), table)
    assert run["state"] == "succeeded", run
    return run


def found(run: Any) -> dict[str, int]:
    """What a run found, without what it did not find."""
    return {what: count for what, count in run["repairs"].items() if count and what != "compared"}


def test_rows_deleted_at_the_source_get_a_tombstone_and_leave_the_copy(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("DELETE FROM item WHERE id IN (3, 7)")
    api.load_one(table)
    assert differing(source, stack.lake, "item")
    run = reconcile(api, table)
    assert (found(run), run["rows"], run["outcome"]) == ({"deleted": 2}, 2, "loaded")
    assert differing(source, stack.lake, "item") == []
    last = published(stack.lake, source.target("item"))[-1]
    assert last.manifest["load_type"] == run["mode"] == "reconcile"
    assert last.manifest["repairs"]["deleted"] == 2
    assert {(row["id"], row["_op"], row["name"], row["price"]) for row in last.rows} == {
        (3, "delete", None, None),
        (7, "delete", None, None),
    }


@pytest.mark.long
def test_the_watermark_stays_where_it_is(api: Api, source: Source, stack: Stack) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = api.table(table)["watermark"]
    source.execute("DELETE FROM item WHERE id = 1; INSERT INTO item (name) VALUES ('later')")
    reconcile(api, table)
    assert api.table(table)["watermark"] == before
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_rows_backdated_below_the_watermark_are_landed(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute(
        "INSERT INTO item (name, updated_at) VALUES ('late', localtimestamp - interval '3 days')"
    )
    api.load_one(table)
    assert differing(source, stack.lake, "item")
    assert found(reconcile(api, table)) == {"missing": 1}
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_a_reconciliation_of_equal_sides_lands_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    runs = len(published(stack.lake, source.target("item")))
    for _ in range(2):
        run = reconcile(api, table)
        assert (found(run), run["outcome"], run["rows"]) == ({}, "nothing_new", 0)
    assert len(published(stack.lake, source.target("item"))) == runs


@pytest.mark.long
def test_a_row_that_was_deleted_and_came_back_is_there_again(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("DELETE FROM item WHERE id = 5")
    assert found(reconcile(api, table)) == {"deleted": 1}
    source.execute("INSERT INTO item (id, name) VALUES (5, 'again')")
    api.load_one(table)
    assert found(reconcile(api, table)) == {}
    assert current(stack.lake, source.target("item"))[5]["name"] == "again"
    # Backdated, so that no load sees it.
    source.execute(
        "DELETE FROM item WHERE id = 6; UPDATE item SET id = 6, updated_at = '2020-01-01' WHERE id = 5"
    )
    assert found(reconcile(api, table)) == {"deleted": 1}
    assert differing(source, stack.lake, "item")


def test_a_table_that_was_never_loaded_is_refused(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    answer = api.http.post("/api/reconciliations", json={"table": table})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        f"{table} was never loaded: there is nothing to compare with",
    )


@pytest.mark.long
def test_composite_keys_are_compared_as_a_whole(api: Api, source: Source, stack: Stack) -> None:
    source.execute(
        """
        CREATE TABLE pair (a int, id text COLLATE "C", n int, updated_at timestamp DEFAULT localtimestamp,
                           PRIMARY KEY (a, id));
        INSERT INTO pair SELECT n % 3, n::text, n FROM generate_series(1, 30) AS n
        """
    )
    table = source.declare("pair", watermark=STAMPED, key=["a", "id"])
    api.load_one(table)
    source.execute(
        "DELETE FROM pair WHERE n = 4; INSERT INTO pair VALUES (1, '3', 99, '2020-01-01')"
    )
    assert found(reconcile(api, table)) == {"deleted": 1, "missing": 1}
    assert differing(source, stack.lake, "pair") == []


@pytest.mark.long
def test_text_keys_of_any_form_are_found_again(api: Api, source: Source, stack: Stack) -> None:
    source.execute(
        """
        CREATE TABLE word (id text PRIMARY KEY, n int, updated_at timestamp DEFAULT localtimestamp);
        INSERT INTO word SELECT chr(64 + n), n FROM generate_series(1, 26) AS n
        """
    )
    table = source.declare("word", watermark=STAMPED, slices={"rows": 5})
    api.load_one(table)
    source.execute(
        """
        UPDATE word SET id = E'\\u00e4 "\\\\ \\U0001F30A\\n' WHERE id = 'A';
        INSERT INTO word VALUES ('', 0, '2020-01-01'), ('q', 0, '2020-01-01'); DELETE FROM word WHERE id = 'Q'
        """
    )
    assert found(reconcile(api, table)) == {"missing": 3, "deleted": 2}
    assert differing(source, stack.lake, "word") == []


@pytest.mark.long
def test_rows_that_changed_without_their_cursor_or_got_another_key_are_found_by_their_hash(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source, rows=60)
    table = source.declare("item", watermark=STAMPED, slices={"rows": 30})
    api.load_one(table)
    source.execute(
        """
        UPDATE item SET price = price + 1 WHERE id <= 8; UPDATE item SET name = NULL || name WHERE id = -1;
        UPDATE item SET id = 1000 WHERE id = 50; DELETE FROM item WHERE id = 60
        """
    )
    assert differing(source, stack.lake, "item")
    run = reconcile(api, table, "rows")
    assert found(run) == {"missing": 1, "changed": 8, "deleted": 2, "rekeyed": 1}
    # The source's 59, and two that the copy alone had, of both slices.
    assert run["repairs"]["compared"] == 61
    assert differing(source, stack.lake, "item") == []
    assert found(reconcile(api, table, "rows")) == {}


@pytest.mark.long
def test_rows_that_loads_leave_out_on_purpose_are_not_missing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    source.execute(
        "INSERT INTO item (name, updated_at) VALUES ('none', NULL), ('old', '2020-01-01')"
    )
    start = {**STAMPED, "start": "2021-01-01"}
    table = source.declare("item", watermark=start, nulls="ignore")
    api.load_one(table)
    assert len(current(stack.lake, source.target("item"))) == 10
    assert found(reconcile(api, table)) == {}
    # What was landed stays, also where its cursor has become one that loads leave out.
    source.execute("UPDATE item SET updated_at = NULL WHERE id = 1; DELETE FROM item WHERE id = 2")
    assert found(reconcile(api, table)) == {"deleted": 1}
    assert len(current(stack.lake, source.target("item"))) == 9


@pytest.mark.long
def test_rows_without_a_cursor_value_are_found_where_they_are_included(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    source.execute("INSERT INTO item (name, updated_at) VALUES ('none', NULL)")
    api.load_one(table)
    source.execute("DELETE FROM item WHERE updated_at IS NULL")
    assert found(reconcile(api, table)) == {"deleted": 1}
    assert differing(source, stack.lake, "item") == []


@pytest.mark.parametrize(
    "rows", ["(1), (2), (2)", pytest.param("(1), (NULL)", marks=pytest.mark.long)]
)
def test_a_key_that_names_no_one_row_at_the_source_stops_the_run(
    api: Api, source: Source, rows: str
) -> None:
    source.execute(
        f"""
        CREATE TABLE loose (id int, updated_at timestamp DEFAULT localtimestamp);
        INSERT INTO loose VALUES {rows}
        """
    )
    table = source.declare("loose", watermark=STAMPED)
    api.load_one(table)
    order_id = api.post("/api/reconciliations", {"table": table})["order_id"]
    run = api.run_of(api.wait_for_order(order_id), table)
    assert (run["state"], run["error"]["type"]) == ("failed", "KeyUnsound")


@pytest.mark.long
def test_many_slices_find_what_one_would(api: Api, source: Source, stack: Stack) -> None:
    create_items(source, rows=500)
    table = source.declare("item", watermark=STAMPED, slices={"rows": 40, "parallel": 3})
    api.load_one(table)
    source.execute(
        """
        DELETE FROM item WHERE id % 7 = 0;
        INSERT INTO item (name, updated_at) SELECT 'late', '2020-01-01' FROM generate_series(1, 30)
        """
    )
    assert found(reconcile(api, table)) == {"deleted": 71, "missing": 30}
    assert differing(source, stack.lake, "item") == []
    assert found(reconcile(api, table)) == {}


@pytest.mark.long
def test_softly_deleted_rows_leave_the_copy_and_come_back(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    source.execute("ALTER TABLE item ADD COLUMN gone boolean NOT NULL DEFAULT false")
    table = source.declare("item", watermark=STAMPED, deletes={"soft": "gone"})
    api.load_one(table)
    source.execute("UPDATE item SET gone = true, updated_at = clock_timestamp() WHERE id = 4")
    api.load_one(table)
    target = source.target("item")
    assert 4 not in current(stack.lake, target)
    [marked] = [row for row in published(stack.lake, target)[-1].rows if row["id"] == 4]
    assert (marked["_op"], marked["name"], marked["gone"]) == ("delete", "old 4", True)
    source.execute("UPDATE item SET gone = false, updated_at = clock_timestamp() WHERE id = 4")
    api.load_one(table)
    assert current(stack.lake, target)[4]["gone"] is False
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_rows_that_are_marked_without_a_word_to_the_cursor_are_found(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    source.execute("ALTER TABLE item ADD COLUMN gone boolean NOT NULL DEFAULT false")
    table = source.declare("item", watermark=STAMPED, deletes={"soft": "gone"})
    source.execute("UPDATE item SET gone = true WHERE id = 4")
    api.load_one(table)
    target = source.target("item")
    assert found(reconcile(api, table)) == {}
    source.execute("UPDATE item SET gone = false, updated_at = clock_timestamp() WHERE id = 4")
    # Marked without a word to the cursor.
    source.execute("UPDATE item SET gone = true WHERE id = 9")
    api.load_one(table)
    assert found(reconcile(api, table)) == {"deleted": 1}
    assert set(current(stack.lake, target)) == {*range(1, 11)} - {9}
    source.execute("UPDATE item SET gone = false WHERE id = 9")
    assert found(reconcile(api, table)) == {"missing": 1}
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_a_snapshot_table_is_repaired_between_two_snapshots(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark={"kind": "none"})
    api.load_one(table)
    source.execute("DELETE FROM item WHERE id = 1")
    api.load_one(table)
    source.execute("DELETE FROM item WHERE id = 2; INSERT INTO item (name) VALUES ('new')")
    # The images before the last snapshot, in which row 1 is there, do not count.
    assert found(reconcile(api, table)) == {"deleted": 1, "missing": 1}
    assert differing(source, stack.lake, "item") == []
