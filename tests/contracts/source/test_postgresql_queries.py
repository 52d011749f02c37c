"""A query stands for a table: described, cut, read and scanned as one, over both drivers."""

from dataclasses import replace

import pyarrow as pa
import pytest

from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog import TableSpec
from shared.extraction.source import KeyScan
from shared.loading.errors import ColumnMissing, QueryUnsound, TableMissing
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

PAIRS = """
CREATE TABLE orders (id int PRIMARY KEY, at timestamptz, amount numeric(18,6), customer int);
CREATE TABLE customers (id int PRIMARY KEY, name varchar(20));
INSERT INTO customers VALUES (1, 'Ann'), (2, NULL);
INSERT INTO orders
SELECT n, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', n / 8.0, 1 + n % 2
FROM generate_series(1, 12) AS n;
"""
JOINED = (
    'SELECT o.id, o.at, o.amount, c.name AS "Customer\'s"\n'
    "FROM {schema}.orders AS o JOIN {schema}.customers AS c ON c.id = o.customer\nWHERE o.id <> 7"
)


@pytest.fixture
def session(own_session: PostgresSession) -> PostgresSession:
    """Sessions are waited for here."""
    return own_session


@pytest.fixture
def table(database: Database) -> TableSpec:
    database.run(PAIRS)
    spec = database.spec("priced orders", "timestamp", "at", key=("id",))
    return replace(spec, query=JOINED.replace("{schema}", database.schema))


def read(session: PostgresSession, table: TableSpec, span: Span | None = None) -> pa.Table:
    with session.read(table, span or Span()) as reading:
        found = pa.Table.from_batches(reading.batches, schema=reading.schema)
        assert reading.proof is not None
        assert reading.proof.ask().rows == found.num_rows
    return found


def test_a_query_has_the_types_of_its_columns(session: PostgresSession, table: TableSpec) -> None:
    shape = session.shape(table)
    assert [(c.name, c.source_type, c.lands) for c in shape.columns] == [
        ("id", "integer", "int32"),
        ("at", "timestamp with time zone", "timestamp[us, tz=UTC]"),
        ("amount", "numeric(18,6)", "decimal128(18, 6)"),
        ("Customer's", "character varying(20)", "string"),
    ]
    assert shape.estimated_rows > 0
    assert (shape.resolution, shape.zoned) == ("0.000001", True)


def test_a_query_is_read_by_its_cursor(session: PostgresSession, table: TableSpec) -> None:
    seen = session.observe(table)
    assert seen.max_cursor == "2026-01-01 12:00:00+00"
    rows = read(session, table, Span(after="2026-01-01 05:00:00+00"))
    assert sorted(rows["id"].to_pylist()) == [6, 8, 9, 10, 11, 12]
    assert session.estimate(table, Span(after="2026-01-01 05:00:00+00")) == 6
    [cut] = session.cut(table, Span(), 2)
    assert read(session, table, Span(upto=cut)).num_rows in (5, 6)


def test_a_query_is_scanned_by_its_key(session: PostgresSession, table: TableSpec) -> None:
    [cut] = session.cut_keys(table, 2)
    assert cut == "6"

    def look(scan: KeyScan) -> list[int]:
        keys = pa.Table.from_batches(scan.batches)
        found = [
            row for batch in scan.find(keys.to_batches()[0].select(["id"])) for row in batch["id"]
        ]
        assert len(found) == keys.num_rows
        return sorted(keys["id"].to_pylist())

    with session.scan(table, Span(after=cut), columns=["id"], hashed=["amount"]) as scan:
        assert look(scan) == [8, 9, 10, 11, 12]


def test_a_statement_shows_the_query_itself(session: PostgresSession, table: TableSpec) -> None:
    sql = session.statement(table, Span()).sql
    assert f'FROM ({table.query}) AS "priced orders"' in sql
    assert "pg_temp" not in sql


def test_two_queries_of_one_name_are_two_views(session: PostgresSession, table: TableSpec) -> None:
    other = replace(table, query=f"{table.query} AND o.id > 10")
    assert [read(session, each).num_rows for each in (table, other, table)] == [11, 2, 11]


def test_a_query_is_what_lies_below_it(database: Database, table: TableSpec) -> None:
    def identity() -> str | None:
        with connect(database.address) as opened:
            return opened.shape(table).identity

    before = identity()
    assert identity() == before
    database.await_no_session()
    database.run("DROP TABLE customers; CREATE TABLE customers (id int, name varchar(20))")
    assert identity() != before


def test_all_batches_of_a_query_are_of_one_moment(
    database: Database, session: PostgresSession, table: TableSpec
) -> None:
    with session.read(table, Span()) as reading:
        database.run("INSERT INTO orders VALUES (13, now(), 1, 1)")
        assert pa.Table.from_batches(reading.batches).num_rows == 11


def test_a_key_that_the_query_does_not_give_is_missing(
    session: PostgresSession, table: TableSpec
) -> None:
    with pytest.raises(ColumnMissing, match="no column customer"):
        session.shape(replace(table, key=("customer",)))


@pytest.mark.parametrize(
    ("query", "error", "why"),
    [
        ("SELECT id FROM {schema}.nowhere", TableMissing, "nowhere"),
        ("SELECT colour AS id FROM {schema}.orders", ColumnMissing, "colour"),
        ("SELECT id, at, sum(id) AS id2 FROM {schema}.orders", QueryUnsound, "GROUP BY"),
        ("DELETE FROM {schema}.orders RETURNING id, at", QueryUnsound, "has to be a SELECT"),
        ("SELECT id, at FROM {schema}.orders; SELECT 1", QueryUnsound, "one statement"),
    ],
)
def test_a_query_that_is_none_is_refused_and_the_session_goes_on(
    session: PostgresSession, table: TableSpec, query: str, error: type[Exception], why: str
) -> None:
    wrong = replace(table, query=query.replace("{schema}", table.schema_name))
    with pytest.raises(error, match=why):
        session.shape(wrong)
    assert read(session, table).num_rows == 11


def test_a_login_that_reads_only_may_read_a_query(
    database: Database, role: str, table: TableSpec
) -> None:
    database.run(f"GRANT USAGE ON SCHEMA {database.schema} TO {role}")
    database.run(f"GRANT SELECT ON orders, customers TO {role}")
    database.run(f"ALTER ROLE {role} SET default_transaction_read_only = on")
    with database.login(role) as reader:
        assert read(reader, table).num_rows == 11


def test_a_view_with_a_key_of_its_own_is_read_as_a_table(
    database: Database, session: PostgresSession, table: TableSpec
) -> None:
    database.run(f"CREATE VIEW seen AS {table.query}")
    view = database.spec("seen", "timestamp", "at", key=("id",))
    assert read(session, view).equals(read(session, table))
    assert session.cut_keys(view, 2) == session.cut_keys(table, 2)
    with session.scan(view, Span(), columns=["id"], hashed=["amount"]) as scan:
        assert pa.Table.from_batches(scan.batches).num_rows == 11
