"""A reader that does not come to the end leaves nothing behind at the source."""

import pytest

from shared.adapters.postgresql import PostgresSession
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

BIG = (
    "CREATE TABLE big AS SELECT i AS id, repeat('x', 100) AS pad FROM generate_series(1, 200000) i"
)


def test_a_reader_that_stops_early_leaves_no_query_and_a_usable_session(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)
    database.run("CREATE VIEW endless AS SELECT b.* FROM big b, generate_series(1, 1000000)")
    with session.read(database.spec("endless"), Span()) as reading:
        next(reading.batches)
    assert running(database) == []
    assert count(database, session) == 200_000


def test_a_reader_that_stops_does_not_wait_for_what_the_source_is_busy_with(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)
    # A first batch comes before the row that takes for ever.
    slow = {"adbc": 190_000, "odbc": 2_500}[database.driver]
    database.run(
        "CREATE VIEW slow AS SELECT *, CASE WHEN id > "
        f"{slow} THEN pg_sleep(3600)::text END AS z FROM big"
    )
    with session.read(database.spec("slow"), Span()) as reading:
        next(reading.batches)
    assert running(database) == []
    session.ping()


def test_a_reader_that_fails_leaves_a_usable_session(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)

    def fail_after_a_batch() -> None:
        with session.read(database.spec("big"), Span()) as reading:
            next(reading.batches)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_a_batch()
    assert running(database) == []
    session.ping()


def running(database: Database) -> list[tuple[object, ...]]:
    return database.ask(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'tidemark' AND state <> 'idle'"
    )


def count(database: Database, session: PostgresSession) -> int:
    with session.read(database.spec("big"), Span()) as reading:
        return sum(batch.num_rows for batch in reading.batches)
