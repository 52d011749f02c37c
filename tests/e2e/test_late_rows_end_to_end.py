"""Rows that become visible late, out of order, without a cursor, or from the future."""

from collections.abc import Iterable

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import images, published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import Stack

from tests.conftest import LONG

# Table: type of its cursor, kind, a value well in the past, and the value that a writer gives now.
CURSORS = {
    "micro": ("timestamp(6)", "timestamp", "localtimestamp - interval '3 days'", "now()"),
    "milli": ("timestamp(3)", "timestamp", "localtimestamp - interval '3 days'", "now()"),
    "second": ("timestamp(0)", "timestamp", "localtimestamp - interval '3 days'", "now()"),
    "zoned": ("timestamptz", "timestamp", "now() - interval '3 days'", "now()"),
    "day": ("date", "date", "current_date - 3", "current_date"),
    "number": ("bigint", "integer", "nextval('numbers')", "nextval('numbers')"),
}
# Properties try every kind; the short form shows one.
KINDS = list(CURSORS) if LONG else ["micro"]


def create_cursor_tables(source: Source, kinds: Iterable[str] = KINDS, **keys: object) -> list[str]:
    """Make a table for each kind of cursor, with ten old rows each; gives their full names."""
    source.execute("CREATE SEQUENCE numbers")
    for table in kinds:
        declared, _, old, _ = CURSORS[table]
        source.execute(
            f"""
            CREATE TABLE {table} (id serial PRIMARY KEY, name text, cursor {declared});
            INSERT INTO {table} (name, cursor) SELECT 'old', {old} FROM generate_series(1, 10)
            """
        )
    return [declare(source, table, table, **keys) for table in kinds]


def declare(source: Source, name: str, table: str, **keys: object) -> str:
    watermark = {"column": "cursor", "kind": CURSORS[table][1]}
    return source.declare(name, watermark=watermark, **keys)


def insert(name: str) -> str:
    return ";".join(
        f"INSERT INTO {table} (name, cursor) VALUES ('{name}', {CURSORS[table][3]})"
        for table in KINDS
    )


def landed_names(source: Source, stack: Stack) -> dict[str, set[str]]:
    return {
        table: {row["name"] for row in images(stack.lake, source.target(table))} for table in KINDS
    }


def test_a_row_committed_after_a_load_is_in_the_next_one(
    api: Api, source: Source, stack: Stack
) -> None:
    tables = create_cursor_tables(source)
    with source.transaction() as late:
        late.execute(insert("late"))
        source.execute(insert("early"))
        for _ in range(2):  # an initial load and an incremental one
            order = api.load(*tables)
            assert [part["error"] for part in order["tables"]] == [None] * len(tables)
        assert landed_names(source, stack) == {table: {"old", "early"} for table in KINDS}
        late.commit()
    api.load(*tables)
    assert differing(source, stack.lake, *KINDS) == []


def test_a_row_written_while_slices_are_read_is_in_the_next_load(
    api: Api, source: Source, stack: Stack, gate: Gate
) -> None:
    create_cursor_tables(source)
    views: list[str] = []
    for table in KINDS:
        gate.create(f"{table}_view", table)
        views.append(declare(source, f"{table}_view", table))
    gate.close()
    order = api.order(views)
    gate.await_waiting(min(2, len(KINDS)))
    with source.transaction() as during:
        during.execute(insert("during"))
        source.execute(insert("meanwhile"))
        gate.open()
        api.wait_for_order(order)
        during.commit()
    api.load(*views)
    assert differing(source, stack.lake, *(f"{table}_view" for table in KINDS)) == []


def test_a_row_that_ties_with_the_last_one_landed_is_not_skipped(
    api: Api, source: Source, stack: Stack
) -> None:
    ties = [table for table in KINDS if CURSORS[table][1] != "integer"]
    tables = create_cursor_tables(source, ties, settle="1h")
    source.execute(";".join(f"UPDATE {table} SET cursor = now() WHERE id = 1" for table in ties))
    api.load(*tables)
    source.execute(
        ";".join(
            f"INSERT INTO {table} (name, cursor) SELECT 'tie', max(cursor) FROM {table}"
            for table in ties
        )
    )
    order = api.load(*tables)
    assert [part["rows"] for part in order["tables"]] == [1] * len(ties)
    assert differing(source, stack.lake, *ties) == []


@pytest.mark.long
def test_a_value_from_a_cached_sequence_is_covered_by_the_margin(
    api: Api, source: Source, stack: Stack
) -> None:
    """A session holds numbers back and uses them after a load has seen higher ones."""
    source.execute(
        """
        CREATE SEQUENCE cached CACHE 10;
        CREATE TABLE item (id bigint PRIMARY KEY DEFAULT nextval('cached'), name text)
        """
    )
    watermark = {"column": "id", "kind": "integer"}
    table = source.declare("item", watermark=watermark, settle="1h")
    with source.transaction() as slow:
        slow.execute("INSERT INTO item (name) VALUES ('slow')")
        slow.commit()
        source.execute("INSERT INTO item (name) VALUES ('quick')")
        api.load_one(table)
        slow.execute("INSERT INTO item (name) VALUES ('held back')")
        slow.commit()
    api.load_one(table)
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_an_update_between_loads_lands_where_the_cursor_counts_days_or_ones(
    api: Api, source: Source, stack: Stack
) -> None:
    """A day stays the same when the row changes again."""
    tables = create_cursor_tables(source, ["day", "number"])
    source.execute("UPDATE day SET cursor = current_date WHERE id = 3")
    api.load(*tables)
    source.execute(
        """
        UPDATE day SET name = 'changed' WHERE id = 3;
        UPDATE number SET name = 'changed', cursor = nextval('numbers') WHERE id = 3
        """
    )
    order = api.load(*tables)
    assert [part["rows"] for part in order["tables"]] == [1, 1]
    assert differing(source, stack.lake, "day", "number") == []


@pytest.mark.long
def test_a_row_without_a_cursor_value_lands_once_and_again_when_it_changed(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED, nulls="include")
    source.execute("UPDATE item SET updated_at = NULL WHERE id IN (2, 5)")
    assert api.load_one(table)["rows"] == 10
    assert api.load_one(table)["outcome"] == "nothing_new"
    source.execute(
        "UPDATE item SET name = 'changed' WHERE id = 2; INSERT INTO item (name) VALUES ('beside it')"
    )
    assert api.load_one(table)["rows"] == 2
    assert api.load_one(table)["outcome"] == "nothing_new"
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_a_table_with_no_time_at_all_lands_once(api: Api, source: Source, stack: Stack) -> None:
    source.execute("CREATE TABLE item (id int PRIMARY KEY, cursor timestamp)")
    source.execute("INSERT INTO item SELECT generate_series(1, 3)")
    table = source.declare("item", watermark={"column": "cursor", "kind": "timestamp"})
    assert api.load_one(table)["rows"] == 3
    assert api.load_one(table)["outcome"] == "nothing_new"
    assert len(published(stack.lake, source.target("item"))) == 1


@pytest.mark.long
def test_a_table_with_no_number_at_all_lands_once(api: Api, source: Source, stack: Stack) -> None:
    source.execute("CREATE TABLE item (id int PRIMARY KEY, cursor bigint)")
    source.execute("INSERT INTO item SELECT generate_series(1, 3)")
    watermark = {"column": "cursor", "kind": "integer", "assigned": "database"}
    table = source.declare("item", watermark=watermark)
    assert api.load_one(table)["rows"] == 3
    assert api.load_one(table)["outcome"] == "nothing_new"
    source.execute("INSERT INTO item VALUES (4, 1)")
    assert api.load_one(table)["watermark_after"] == "1"
    assert api.load_one(table)["outcome"] == "nothing_new"
    assert differing(source, stack.lake, "item") == []


def test_rows_without_a_cursor_value_are_left_out_if_the_table_says_so(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    source.execute("UPDATE item SET updated_at = NULL WHERE id IN (2, 5)")
    run = api.load_one(source.declare("item", watermark=STAMPED, nulls="ignore"))
    assert run["rows"] == 8
    assert ["updated_at" in finding for finding in run["findings"]] == [True]
    [compared] = differing(source, stack.lake, "item")
    assert compared.missing.examples == ("2", "5")
    assert (compared.extra.count, compared.different.count) == (0, 0)


def test_rows_without_a_cursor_value_fail_the_load_if_the_table_says_so(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    source.execute("UPDATE item SET updated_at = NULL WHERE id = 2")
    run = api.load_one(source.declare("item", watermark=STAMPED, nulls="fail"))
    assert (run["state"], run["outcome"], run["error"]["type"]) == ("failed", None, "NullCursor")
    assert published(stack.lake, source.target("item")) == []


def test_a_value_from_the_future_stops_the_load_before_anything_lands(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = api.table(table)["watermark"]
    source.execute(
        "INSERT INTO item (name, updated_at) VALUES ('ahead', localtimestamp + interval '1 day')"
    )
    run = api.load_one(table)
    assert (run["state"], run["error"]["type"]) == ("failed", "FutureCursor")
    assert "future: read" in run["error"]["remedy"]
    assert api.table(table)["watermark"] == before
    assert len(published(stack.lake, source.target("item"))) == 1


@pytest.mark.long
def test_a_value_from_the_future_may_be_read_and_poisons_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark={**STAMPED, "future": "read"})
    source.execute("INSERT INTO item (name, updated_at) VALUES ('ahead', '2999-01-01')")
    assert api.load_one(table)["rows"] == 11
    source.execute("INSERT INTO item (name) VALUES ('today')")
    run = api.load_one(table)
    assert (run["rows"], run["watermark_after"] < "2999") == (1, True)
    assert api.load_one(table)["outcome"] == "nothing_new"
    source.execute("UPDATE item SET name = 'still ahead' WHERE name = 'ahead'")
    assert api.load_one(table)["rows"] == 1
    assert differing(source, stack.lake, "item") == []
