"""A query stands for a table in MariaDB: described, cut, read and scanned as one."""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pytest

from shared.adapters.odbc import OdbcSession
from shared.catalog import TableSpec
from shared.loading.errors import ColumnMissing, QueryUnsound, SnapshotUnavailable, TableMissing
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database

# As many types as there are ways to declare one.
TYPES: Mapping[str, str] = {
    "id": "int NOT NULL",
    "small": "smallint unsigned",
    "large": "bigint unsigned",
    "price": "decimal(18,6)",
    "flag": "bit(1)",
    "at": "timestamp(6) NULL",
    "moment": "datetime(3)",
    "day": "date",
    "of_day": "time(2)",
    "real_": "double",
    "name": "varchar(20)",
    "kind": "enum('a','it''s')",
    "kinds": "set('a','b')",
    "note": "text",
    "long_": "longtext",
    "raw": "varbinary(9)",
    "blob_": "blob",
}


@pytest.fixture
def table(database: Database) -> TableSpec:
    columns = ", ".join(f"{name} {declared}" for name, declared in TYPES.items())
    database.run(
        f"CREATE TABLE orders ({columns}, PRIMARY KEY (id))",
        "INSERT INTO orders (id, at, price, name) SELECT seq, "
        "TIMESTAMP '2026-01-01 00:00:00' + INTERVAL seq HOUR, seq / 8, 'Ann' FROM seq_1_to_12",
    )
    spec = database.spec("some_orders", "timestamp", "at", key=("id",))
    return replace(spec, query=f"SELECT * FROM {database.schema}.orders WHERE id <> 7")


def read(session: OdbcSession, table: TableSpec, span: Span | None = None) -> pa.Table:
    with session.read(table, span or Span()) as reading:
        found = pa.Table.from_batches(reading.batches, schema=reading.schema)
        assert reading.proof is not None
        assert reading.proof.ask().rows == found.num_rows
    return found


def test_a_query_has_the_columns_of_the_table_that_it_reads(
    database: Database, session: OdbcSession, table: TableSpec
) -> None:
    plain = database.spec("orders", "timestamp", "at", key=("id",))
    assert session.shape(table).columns == session.shape(plain).columns
    assert session.shape(table).estimated_rows in (11, 12)
    assert read(session, table).schema == read(session, plain).schema


def test_a_query_is_read_by_its_cursor(session: OdbcSession, table: TableSpec) -> None:
    few = replace(table, query=table.query.replace("*", "id, at, price AS amount"))  # type: ignore[union-attr]
    assert session.observe(few).max_cursor == "2026-01-01 12:00:00.000000+00"
    span = Span(after="2026-01-01 05:00:00.000000+00")
    rows = read(session, few, span)
    assert sorted(rows["id"].to_pylist()) == [6, 8, 9, 10, 11, 12]
    assert rows.schema.field("amount").type == pa.decimal128(18, 6)
    assert session.estimate(few, span) == 6
    [cut] = session.cut(few, Span(), 2)
    assert 0 < read(session, few, Span(upto=cut)).num_rows < 11


def test_a_query_is_scanned_by_its_key(session: OdbcSession, table: TableSpec) -> None:
    assert len(session.cut_keys(table, 2)) == 1
    with session.scan(table, Span(after="6"), columns=["id"], hashed=["price"]) as scan:
        keys = pa.Table.from_batches(scan.batches)
        assert sorted(keys["id"].to_pylist()) == [8, 9, 10, 11, 12]
        found = list(scan.find(keys.to_batches()[0].select(["id"])))
        assert sum(batch.num_rows for batch in found) == 5


def test_all_rows_of_a_query_are_of_one_moment(
    database: Database, session: OdbcSession, table: TableSpec
) -> None:
    with session.read(table, Span()) as reading:
        database.run("INSERT INTO orders (id) VALUES (99)")
        assert pa.Table.from_batches(reading.batches).num_rows == 11


@pytest.mark.parametrize(
    ("query", "error", "why"),
    [
        ("SELECT id, at FROM {schema}.nowhere", TableMissing, "nowhere"),
        ("SELECT colour AS id, at FROM {schema}.orders", ColumnMissing, "colour"),
        ("SELECT at FROM {schema}.orders", ColumnMissing, "no column id"),
        ("DELETE FROM {schema}.orders", QueryUnsound, "has to be a SELECT"),
    ],
)
def test_a_query_that_is_none_is_refused_and_the_session_goes_on(
    session: OdbcSession, table: TableSpec, query: str, error: type[Exception], why: str
) -> None:
    wrong = replace(table, query=query.replace("{schema}", table.schema_name))
    with pytest.raises(error, match=why):
        session.shape(wrong)
    assert read(session, table).num_rows == 11


def test_a_table_without_snapshots_is_found_below_a_query(
    database: Database, session: OdbcSession, table: TableSpec
) -> None:
    database.run("CREATE TABLE old (id int PRIMARY KEY, at timestamp NULL) ENGINE=MyISAM")
    joined = (
        f"SELECT o.id, o.at FROM {database.schema}.orders o JOIN {database.schema}.old USING (id)"
    )
    with pytest.raises(SnapshotUnavailable, match=r"\.old is stored in MyISAM"):
        session.shape(replace(table, query=joined))


def test_a_login_needs_the_right_to_describe_a_query(
    database: Database, user: str, table: TableSpec
) -> None:
    with (
        database.login(user) as reader,
        pytest.raises(QueryUnsound, match="CREATE TEMPORARY TABLES"),
    ):
        reader.shape(table)
    database.run(f"GRANT CREATE TEMPORARY TABLES ON {database.schema}.* TO {user}@'127.0.0.1'")
    with database.login(user) as reader:
        assert read(reader, table).num_rows == 11
