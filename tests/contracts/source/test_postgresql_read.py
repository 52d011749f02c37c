"""How rows leave PostgreSQL: each once, from one snapshot, or with an error."""

import threading
from contextlib import closing

import pyarrow as pa
import pytest

from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.spec import TableSpec
from shared.loading.errors import (
    ColumnMissing,
    QueryRefused,
    SourceUnavailable,
    TableMissing,
    ValueUnsupported,
)
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

ORDERS = """
    CREATE TABLE orders (id int PRIMARY KEY, changed timestamptz(3), note text);
    INSERT INTO orders SELECT i, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 ms', 'n' || i
    FROM generate_series(1, 100) AS i;
    INSERT INTO orders VALUES (101, NULL, 'no time'), (102, NULL, 'none');
"""
BIG = (
    "CREATE TABLE big AS SELECT i AS id, repeat('x', 100) AS pad FROM generate_series(1, 200000) i"
)


@pytest.fixture
def session(own_session: PostgresSession) -> PostgresSession:
    """Connections are broken here."""
    return own_session


def read(session: PostgresSession, table: TableSpec, span: Span) -> pa.Table:
    with session.read(table, span) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


def ids(session: PostgresSession, table: TableSpec, span: Span) -> list[int]:
    return sorted(read(session, table, span)["id"].to_pylist())


def test_spans_tile_a_table(database: Database, session: PostgresSession) -> None:
    database.run(ORDERS)
    orders = database.spec("orders", "timestamp", "changed")
    cut = "2024-01-01 00:00:00.04+00"
    assert ids(session, orders, Span(upto=cut)) == list(range(1, 41))
    assert ids(session, orders, Span(after=cut)) == list(range(41, 101))
    assert ids(session, orders, Span()) == list(range(1, 101))
    assert ids(session, orders, Span(nulls=True)) == [101, 102]


@pytest.mark.parametrize(
    ("declared", "after", "found"),
    [
        ("smallint", "70000", []),
        ("bigint", "1", [2, 3]),
        ("numeric(20,0)", "1", [2, 3]),
        ("int", "-99999999999", [1, 2, 3]),
    ],
)
def test_a_bound_beyond_the_columns_range_is_compared_all_the_same(
    database: Database, declared: str, after: str, found: list[int]
) -> None:
    database.run(f"CREATE TABLE t AS SELECT i id, i::{declared} c FROM generate_series(1, 3) i")
    with connect(database.address) as session:
        assert ids(session, database.spec("t", "integer", "c"), Span(after=after)) == found


def test_a_bound_finer_than_the_column_is_not_rounded(
    database: Database, session: PostgresSession
) -> None:
    database.run(ORDERS)
    orders = database.spec("orders", "timestamp", "changed")
    assert ids(session, orders, Span(upto="2024-01-01 00:00:00.0406+00")) == list(range(1, 41))


def test_a_table_without_a_cursor_is_read_whole(
    database: Database, session: PostgresSession
) -> None:
    database.run(ORDERS)
    assert ids(session, database.spec("orders"), Span()) == list(range(1, 103))


def test_excluded_columns_are_not_read(database: Database, session: PostgresSession) -> None:
    database.run(ORDERS)
    landed = read(session, database.spec("orders", exclude=("note",)), Span())
    assert landed.column_names == ["id", "changed"]


def test_a_field_keeps_its_source_type(database: Database, session: PostgresSession) -> None:
    database.run(ORDERS)
    schema = read(session, database.spec("orders"), Span()).schema
    assert schema.field("changed").metadata == {
        b"tidemark.source_type": b"timestamp(3) with time zone"
    }


def test_a_span_without_rows_still_has_its_schema(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE t (a int, b numeric(9,2))")
    landed = read(session, database.spec("t"), Span())
    assert (landed.num_rows, landed.schema.types) == (0, [pa.int32(), pa.decimal128(9, 2)])


def test_rows_of_nothing_but_nulls_are_rows(database: Database, session: PostgresSession) -> None:
    database.run(
        "CREATE TABLE t AS SELECT NULL::numeric(9,2) a, NULL::time b FROM generate_series(1,9)"
    )
    landed = read(session, database.spec("t"), Span())
    assert landed.to_pylist() == [{"a": None, "b": None}] * 9


def test_a_read_sees_one_snapshot(database: Database, session: PostgresSession) -> None:
    database.run(BIG)
    with session.read(database.spec("big"), Span()) as reading:
        first = next(reading.batches)
        database.run("UPDATE big SET pad = 'late'; INSERT INTO big VALUES (0, 'late')")
        rest = list(reading.batches)
    landed = pa.Table.from_batches([first, *rest])
    assert (landed.num_rows, set(landed["pad"].to_pylist())) == (200_000, {"x" * 100})


def test_the_clock_of_a_read_is_the_sources(database: Database, session: PostgresSession) -> None:
    database.run(ORDERS)
    clock = "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    before = database.ask(clock)[0][0]
    with session.read(database.spec("orders"), Span()) as reading:
        pass
    assert str(before) < reading.read_at < str(database.ask(clock)[0][0])


def test_a_connection_broken_in_mid_stream_raises(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)

    def read_while_terminated() -> None:
        with session.read(database.spec("big"), Span()) as reading:
            next(reading.batches)
            database.ask(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE application_name = 'tidemark'"
            )
            list(reading.batches)

    with pytest.raises(SourceUnavailable):
        read_while_terminated()
    with pytest.raises(SourceUnavailable):
        session.ping()


def test_an_error_in_mid_stream_raises_what_the_source_said(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)
    database.run("CREATE VIEW trap AS SELECT id, 1 / (id - 190000) AS x, pad FROM big")
    with pytest.raises(QueryRefused, match="division by zero"):
        read(session, database.spec("trap"), Span())
    session.ping()


def test_no_row_of_a_batch_with_a_refused_value_is_given(
    database: Database, session: PostgresSession
) -> None:
    # All in one batch, which over ADBC would be given in two parts.
    rows = {"adbc": 70_000, "odbc": 1_000}[database.driver]
    database.run(
        "CREATE TABLE t AS SELECT i AS id, 1::numeric(9,2) AS price"
        f" FROM generate_series(1, {rows}) i"
    )
    database.run("INSERT INTO t VALUES (0, 'NaN')")
    seen: list[pa.RecordBatch] = []
    with (
        session.read(database.spec("t"), Span()) as reading,
        pytest.raises(ValueUnsupported, match="column price: NaN"),
    ):
        seen.extend(reading.batches)
    assert seen == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE few ALTER id TYPE bigint",
        "TRUNCATE few; INSERT INTO few SELECT i, '' FROM generate_series(1, 2000) i",
    ],
)
def test_a_table_rewritten_while_the_read_waits_does_not_look_empty(
    database: Database, change: str
) -> None:
    database.run("CREATE TABLE few AS SELECT i AS id, 'x' AS pad FROM generate_series(1, 2000) i")
    counted: list[int] = []

    def count() -> None:
        with connect(database.address) as session:
            counted.append(read(session, database.spec("few"), Span()).num_rows)

    reader = threading.Thread(target=count)
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript(f"BEGIN; {change}")
        reader.start()
        database.await_waiting_reader()
        cursor.executescript("COMMIT")
    reader.join()
    assert counted == [2_000]


def test_a_column_dropped_since_the_plan_is_missing(
    database: Database, session: PostgresSession
) -> None:
    database.run(ORDERS)
    orders = database.spec("orders", "timestamp", "changed", key=("id",))
    session.shape(orders)
    database.run("ALTER TABLE orders DROP COLUMN changed")
    with pytest.raises(ColumnMissing, match="changed"):
        read(session, orders, Span())


def test_text_of_another_encoding_lands_as_unicode(database: Database) -> None:
    name = f"latin_{database.schema}"
    database.run(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0")
    uri = f"{database.uri.removesuffix('postgres')}{name}"
    with (
        closing(Database(uri, "public", database.driver)) as latin,
        connect(latin.address) as session,
    ):
        latin.run('CREATE TABLE "tableé" AS SELECT \'été\' AS "colé"')
        landed = read(session, latin.spec("tableé"), Span())
    database.run(f"DROP DATABASE {name}")
    assert landed.to_pylist() == [{"colé": "été"}]


def test_a_row_that_a_policy_would_hide_is_never_skipped_silently(
    database: Database, role: str
) -> None:
    database.run(ORDERS)
    database.run(f"""
        GRANT USAGE ON SCHEMA {database.schema} TO {role}; GRANT SELECT ON orders TO {role};
        ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON orders USING (id < 10);
    """)
    with (
        database.login(role) as session,
        pytest.raises(TableMissing, match="row-level security"),
    ):
        read(session, database.spec("orders"), Span())
