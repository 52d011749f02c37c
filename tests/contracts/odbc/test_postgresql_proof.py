"""PostgreSQL adds up what it gave as it is counted here, in the snapshot of the read."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import pytest
from hypothesis import event, given, settings

from shared.adapters.postgresql import PostgresSession, connect, proof
from shared.catalog.spec import CursorSpec
from shared.extraction.source import Reading
from shared.landing.tally import Tally
from shared.loading.errors import ValueUnsupported
from shared.loading.proof import Proof, find_difference
from shared.loading.span import Span
from tests.conftest import LONG
from tests.contracts.odbc.postgresql_values import Column, tables
from tests.contracts.odbc.test_postgresql_round_trip import SPEC, create

HASHED = replace(SPEC, receipt="hashes")


@pytest.fixture(scope="module")
def owner(postgres_uri: str) -> Iterator[postgresql.Connection]:
    with postgresql.connect(postgres_uri, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module", params=["adbc", "odbc"])
def session(
    request: pytest.FixtureRequest, postgres_uri: str, postgres_connection: str
) -> Iterator[PostgresSession]:
    address = postgres_uri if request.param == "adbc" else postgres_connection
    with connect(address) as opened:
        yield opened


def count(reading: Reading, batches: Iterator[pa.RecordBatch]) -> tuple[Proof, Proof]:
    """Give what the source says of what it gave, and what is counted of it here."""
    assert reading.proof is not None
    tally = Tally(reading.proof.measures, hashed=reading.proof.hashed)
    for batch in batches:
        tally.add(batch)
    said = reading.proof.ask()
    return said, tally.proof(said.level)


@pytest.mark.parametrize("most_times", [proof.MOST_TIMES, -1], ids=["usual", "long"])
def test_the_server_says_of_any_table_what_is_counted_of_it(
    owner: postgresql.Connection,
    session: PostgresSession,
    monkeypatch: pytest.MonkeyPatch,
    most_times: int,
) -> None:
    monkeypatch.setattr(proof, "MOST_TIMES", most_times)

    @settings(max_examples=50 if LONG else 20, deadline=None)
    @given(columns=tables())
    def says(columns: list[Column]) -> None:
        create(owner, columns)
        with session.read(HASHED, Span()) as reading:
            try:
                said, counted = count(reading, reading.batches)
            except ValueUnsupported:
                event("refused")
                return
        assert find_difference(said, counted) is None
        assert said == counted
        assert said.rows == len(columns[0].values)

    says()


@pytest.mark.parametrize(("receipt", "columns", "hashed"), [("rows", 0, 0), ("values", 2, 0)])
def test_the_source_is_asked_for_no_more_than_the_table_says(
    owner: postgresql.Connection, session: PostgresSession, receipt: str, columns: int, hashed: int
) -> None:
    create(owner, [Column("text", ("'a'", "NULL"))])
    with session.read(replace(SPEC, receipt=receipt), Span()) as reading:  # pyright: ignore[reportArgumentType]
        said, _ = count(reading, reading.batches)
    assert (said.level, said.rows, len(said.columns)) == (receipt, 2, columns)
    assert (said.hashes is not None) == bool(hashed)


def test_only_the_rows_of_the_span_are_added_up(
    owner: postgresql.Connection, session: PostgresSession
) -> None:
    create(owner, [Column("integer", ("1", "2", "3"))])
    spec = replace(HASHED, cursor=CursorSpec(kind="integer", column="c0"))
    with session.read(spec, Span(after="1", upto="2")) as reading:
        said, counted = count(reading, reading.batches)
    assert said == counted
    assert said.rows == 1


def test_a_table_with_more_columns_than_are_asked_for_at_once_is_added_up(
    owner: postgresql.Connection, session: PostgresSession
) -> None:
    create(owner, [Column("timestamp", ("'2026-01-01'",))] * 900)
    with session.read(SPEC, Span()) as reading:
        said, counted = count(reading, reading.batches)
    assert said == counted
    assert len(said.columns) == 901


def test_what_others_commit_during_the_read_is_in_neither(
    owner: postgresql.Connection, session: PostgresSession, postgres_uri: str
) -> None:
    create(owner, [Column("integer", ("1", "2"))])
    with owner.cursor() as cursor:
        cursor.executescript("INSERT INTO trip SELECT n, n FROM generate_series(2, 200000) AS n")
    stop = threading.Event()

    def change() -> None:
        with (
            postgresql.connect(postgres_uri, autocommit=True) as writer,
            writer.cursor() as cursor,
        ):
            number = 300_000
            while not stop.is_set():
                number += 1
                cursor.executescript(
                    f"INSERT INTO trip VALUES ({number}, 1);"
                    f"UPDATE trip SET c0 = c0 + 1 WHERE row = {number % 1000};"
                    f"DELETE FROM trip WHERE row = {number % 1000 + 1000}"
                )
                wrote.set()

    wrote = threading.Event()
    writer = threading.Thread(target=change)
    with session.read(HASHED, Span()) as reading:
        first = next(reading.batches)
        writer.start()
        wrote.wait()

        def rest() -> Iterator[pa.RecordBatch]:
            yield first
            yield from reading.batches
            wrote.clear()
            wrote.wait()

        try:
            said, counted = count(reading, rest())
        finally:
            stop.set()
            writer.join()
    assert said == counted
    assert said.rows == 200_001
