"""PostgreSQL and Arrow compute the same hash of a row, whatever the row holds."""

from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import pytest
from hypothesis import event, given, settings

from shared.adapters.postgresql import PostgresSession
from shared.adapters.postgresql.connection import Connection, open_connection
from shared.adapters.postgresql.relation import describe
from shared.adapters.postgresql.row_hash import row_hash, sum_of_hashes
from shared.landing.row_hash import HASH_BYTES, hash_rows, sum_hashes
from shared.loading.errors import ValueUnsupported
from shared.loading.span import Span
from tests.conftest import LONG
from tests.contracts.odbc.postgresql_values import Column, tables
from tests.contracts.odbc.test_postgresql_round_trip import SPEC, create


@pytest.fixture(scope="module")
def owner(postgres_uri: str) -> Iterator[postgresql.Connection]:
    with postgresql.connect(postgres_uri, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module", params=["adbc", "odbc"])
def opened(
    request: pytest.FixtureRequest, postgres_uri: str, postgres_connection: str
) -> Iterator[Connection]:
    address = postgres_uri if request.param == "adbc" else postgres_connection
    with open_connection(address) as connection:
        yield connection


def hashed_here(connection: Connection) -> dict[int, bytes] | None:
    """Give each row's hash as it was read; None if a value of the table cannot land."""
    with PostgresSession(connection).read(SPEC, Span()) as reading:
        try:
            batches = list(reading.batches)
        except ValueUnsupported:
            return None
    table = pa.Table.from_batches(batches, reading.schema)
    numbers = table["row"].to_pylist()
    return dict(
        zip(numbers, [h for batch in table.to_batches() for h in hash_rows(batch)], strict=True)
    )


def hashed_there(connection: Connection) -> tuple[dict[int, bytes], int]:
    """Give each row's hash as the server has it, and their sum."""
    relation = describe(connection, SPEC)
    rows = connection.rows(f"SELECT row, {row_hash(relation)} AS hash FROM trip")
    [total] = connection.rows(f"SELECT ({sum_of_hashes(relation)})::text AS total FROM trip")
    return {row["row"]: bytes(row["hash"]) for row in rows}, int(total["total"] or 0)


@settings(max_examples=60 if LONG else 25, deadline=None)
@given(columns=tables())
def test_the_server_and_arrow_hash_any_row_alike(
    owner: postgresql.Connection, opened: Connection, columns: list[Column]
) -> None:
    create(owner, columns)
    here = hashed_here(opened)
    if here is None:
        event("refused")
        return
    there, total = hashed_there(opened)
    assert there == here
    assert total == sum_hashes(here.values())
    assert all(len(each) == HASH_BYTES for each in here.values())


def test_more_columns_than_a_function_takes_arguments_are_hashed(
    owner: postgresql.Connection, opened: Connection
) -> None:
    create(owner, [Column("text", ("'a,b'", "NULL")) for _ in range(250)])
    assert hashed_there(opened)[0] == hashed_here(opened)


def test_text_kept_in_another_encoding_is_hashed_as_it_lands(
    owner: postgresql.Connection, postgres_uri: str
) -> None:
    with _database(owner, "latin", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"):
        uri = postgres_uri.rsplit("/", 1)[0] + "/latin"
        with postgresql.connect(uri, autocommit=True) as latin:
            create(latin, [Column("text", ("'größer'",)), Column("char(5)", ("'é'",))])
        with open_connection(uri) as connection:
            here = hashed_here(connection)
            assert here is not None
            assert hashed_there(connection)[0] == here


@contextmanager
def _database(owner: postgresql.Connection, name: str, options: str) -> Iterator[None]:
    with owner.cursor() as cursor:
        cursor.executescript(f"CREATE DATABASE {name} {options}")
        try:
            yield
        finally:
            cursor.executescript(f"DROP DATABASE {name} WITH (FORCE)")
