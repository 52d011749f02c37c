"""What PostgreSQL holds comes back from Parquet as it was, the same over both drivers, or is refused."""

import io
from collections.abc import Iterator

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import event, given, settings

from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.column_spec import ColumnSpec
from shared.catalog.spec import CursorSpec, SourceSpec, TableSpec
from shared.landing.parquet import ParquetStream
from shared.loading.errors import ValueUnsupported
from shared.loading.span import Span
from tests.conftest import LONG
from tests.contracts.odbc.postgresql_values import Column, tables

SPEC = TableSpec(
    source=SourceSpec(name="shop", kind="sql", engine="postgresql", connection="${SHOP_DB}"),
    table="public.trip",
    key=(),
    cursor=CursorSpec(kind="none", column=None),
    target="bronze/shop/trip",
    columns=ColumnSpec(exclude=()),
)


@pytest.fixture(scope="module")
def owner(postgres_uri: str) -> Iterator[postgresql.Connection]:
    with postgresql.connect(postgres_uri, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def sessions(
    postgres_uri: str, postgres_connection: str
) -> Iterator[tuple[PostgresSession, PostgresSession]]:
    with connect(postgres_uri) as adbc, connect(postgres_connection) as odbc:
        yield adbc, odbc


def create(owner: postgresql.Connection, columns: list[Column]) -> None:
    declared = ", ".join(f"c{n} {column.declared}" for n, column in enumerate(columns))
    rows = zip(*(column.values for column in columns), strict=True)
    with owner.cursor() as cursor:
        cursor.executescript(
            f"DROP TABLE IF EXISTS trip, back; CREATE TABLE trip (row int, {declared})"
        )
        for number, row in enumerate(rows):
            cursor.executescript(f"INSERT INTO trip VALUES ({number}, {', '.join(row)})")


def land(session: PostgresSession) -> pa.Table | str:
    """Give the table as Parquet keeps it, or the words of its refusal, before which nothing came."""
    sink = io.BytesIO()
    with session.read(SPEC, Span()) as reading:
        stream = ParquetStream(sink, reading.schema)
        try:
            for batch in reading.batches:
                stream.write(batch)
        except ValueUnsupported as refusal:
            assert stream.rows == 0
            return str(refusal)
        stream.close()
    return pq.read_table(io.BytesIO(sink.getvalue()))


def bits(table: pa.Table) -> pa.Table:
    """Give floats as their bits, by which also NaN and the two zeros are equal or not."""
    numbers = {pa.float32(): pa.int32(), pa.float64(): pa.int64()}
    columns = [
        pa.chunked_array([chunk.view(numbers[kind]) for chunk in column.chunks], numbers[kind])
        if (kind := column.type) in numbers
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def unlike(owner: postgresql.Connection, landed: pa.Table, columns: list[Column]) -> list[str]:
    """Bring a table back to its server; give the columns that differ there."""
    texts = [
        column.cast(pa.string()) if pa.types.is_decimal(column.type) else column
        for column in landed.columns
    ]
    with owner.cursor() as cursor:
        cursor.adbc_ingest("back", pa.table(texts, names=landed.column_names), mode="create")
        differing: list[str] = []
        for number, column in enumerate(columns):
            cursor.execute(
                "SELECT count(*) FROM trip JOIN back USING (row)"
                f" WHERE trip.c{number}::text IS DISTINCT FROM"
                f" back.c{number}::{column.declared}::text"
            )
            [(count,)] = cursor.fetchall()
            differing += [column.declared] * bool(count)
    return differing


@settings(max_examples=60 if LONG else 25, deadline=None)
@given(columns=tables())
def test_a_table_comes_back_as_it_was_or_is_refused_the_same_over_both_drivers(
    owner: postgresql.Connection,
    sessions: tuple[PostgresSession, PostgresSession],
    columns: list[Column],
) -> None:
    create(owner, columns)
    adbc, odbc = (land(session) for session in sessions)
    if isinstance(adbc, str) or isinstance(odbc, str):
        event("refused")
        assert adbc == odbc
        return
    assert odbc.schema.equals(adbc.schema, check_metadata=True)
    assert bits(odbc).equals(bits(adbc))
    assert odbc.num_rows == len(columns[0].values)
    if odbc.num_rows:
        assert unlike(owner, odbc, columns) == []
