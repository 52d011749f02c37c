"""What a user writes into an ODBC connection string changes no value."""

import pyarrow as pa
import pytest

from local.postgres import RunningPostgres
from shared.adapters.postgresql import PostgresSession, connect
from shared.extraction.source import Column
from shared.loading.span import Span
from tests.contracts.source.conftest import Database, address_of

# As psqlodbc documents them ("Advanced Options"); one at a time and all together.
OPTIONS = [
    "BoolsAsChar=1",
    "TrueIsMinus1=1",
    "LowerCaseIdentifier=1",
    "ReadOnly=1",
    "UseServerSidePrepare=0",
    "UseDeclareFetch=1;Fetch=7",
    "Protocol=7.4-2",
    "Protocol=7.4-1",
    "TextAsLongVarchar=0;MaxVarcharSize=3;MaxLongVarcharSize=3",
    "UnknownSizes=2;UnknownsAsLongVarchar=1",
    "ByteaAsLongVarBinary=0",
    "LFConversion=1",
    "RowVersioning=1;ShowOidColumn=1;FakeOidIndex=1",
    "UpdatableCursors=1;Parse=1",
    "ConnSettings={SET TimeZone TO 'Asia/Tokyo'; SET bytea_output TO 'escape'}",
    "B9=1;B6=1;A1=7.4-2",
]


def read(database: Database, session: PostgresSession) -> pa.Table:
    table = database.spec("Größe", "integer", "Id")
    assert session.shape(table).columns[0] == Column(
        name="Id", source_type="integer", nullable=True, lands="int32"
    )
    seen = session.observe(table)
    assert (seen.max_cursor, seen.has_nulls, seen.sessions_hidden) == ("30", False, False)
    assert session.estimate(table, Span(after="25")) == 5
    assert session.cut(table, Span(), 3) == ("10", "20")
    with session.read(table, Span(after="0")) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


@pytest.fixture
def filled(server: RunningPostgres, database: Database) -> Database:
    database.run("""
        CREATE TABLE "Größe" AS
        SELECT i AS "Id", i % 2 = 0 AS flag, repeat(E'é\r\n', i * i) AS note, '\\x00ff'::bytea AS raw,
               timestamptz '2024-01-01 00:00+00' + i * interval '1 us' AS at,
               ARRAY['\\xff'::bytea] AS raws
        FROM generate_series(1, 30) AS i
    """)
    return database


@pytest.mark.parametrize("options", [*OPTIONS, ";".join(OPTIONS)])
@pytest.mark.parametrize("driver", ["odbc"], indirect=True)
def test_an_option_changes_no_value(filled: Database, options: str) -> None:
    with connect(filled.uri) as adbc, connect(f"{options};{filled.address}") as odbc:
        assert read(filled, odbc).equals(read(filled, adbc), check_metadata=True)


@pytest.mark.parametrize("driver", ["odbc"], indirect=True)
def test_a_login_may_be_given_by_the_names_that_the_driver_knows(
    server: RunningPostgres, database: Database
) -> None:
    named = (
        address_of(server.uri, "odbc").replace("Server=", "Servername=").replace("UID", "Username")
    )
    with connect(named) as session:
        session.ping()
