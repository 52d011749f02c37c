"""What a fence is made of: highest cursor, clock, and everybody else's open transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.adapters.postgresql import PostgresSession, connect
from shared.loading.span import Observation, Span
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

EVENTS = "CREATE TABLE events (id int, at timestamptz(6)); "
CLOCK = "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


def observe(database: Database, session: PostgresSession) -> Observation:
    return session.observe(database.spec("events", "timestamp", "at"))


@contextmanager
def transaction(database: Database, *statements: str) -> Iterator[str]:
    """Hold somebody else's transaction open; gives its start."""
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("BEGIN")
        cursor.execute("SELECT to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US')")
        start = str(cursor.fetchall()[0][0])
        for statement in statements:
            cursor.executescript(statement)
        yield start
        cursor.executescript("ROLLBACK")


def test_the_highest_cursor_is_the_sources_exact_text(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS + "INSERT INTO events VALUES (1, '12024-02-29 23:59:59.999999+00')")
    seen = observe(database, session)
    assert (seen.max_cursor, seen.has_nulls) == ("12024-02-29 23:59:59.999999+00", False)


def test_an_empty_table_has_no_highest_cursor(database: Database, session: PostgresSession) -> None:
    database.run(EVENTS)
    seen = observe(database, session)
    assert (seen.max_cursor, seen.has_nulls) == (None, False)


def test_rows_without_a_cursor_value_are_noticed(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS + "INSERT INTO events VALUES (1, NULL)")
    assert observe(database, session).has_nulls


def test_a_table_without_a_cursor_is_observed_too(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    seen = session.observe(database.spec("events"))
    assert (seen.max_cursor, seen.has_nulls) == (None, False)


def test_the_clock_is_read_after_the_highest_cursor(database: Database) -> None:
    database.run(EVENTS)
    seen: list[Observation] = []

    def watch() -> None:
        with connect(database.address) as session:
            seen.append(observe(database, session))

    watcher = threading.Thread(target=watch)
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("BEGIN; LOCK TABLE events")
        watcher.start()
        database.await_waiting_reader()
        released = str(database.ask(CLOCK)[0][0])
        cursor.executescript("COMMIT")
    watcher.join()
    assert released < seen[0].clock < str(database.ask(CLOCK)[0][0])


def test_the_oldest_open_transaction_is_found(database: Database, session: PostgresSession) -> None:
    database.run(EVENTS)
    with transaction(database) as oldest, transaction(database):
        seen = observe(database, session)
    assert (seen.oldest_open, seen.sessions_hidden) == (oldest, False)
    assert observe(database, session).oldest_open is None


def test_another_reader_of_ours_holds_nothing_back(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    with (
        connect(database.address) as other,
        other.read(database.spec("events"), Span()),
    ):
        assert observe(database, session).oldest_open is None


def test_the_same_application_name_under_another_login_does_count(
    database: Database, session: PostgresSession, role: str
) -> None:
    database.run(EVENTS)
    stranger = Database(database.uri.replace("//postgres@", f"//{role}@"), database.schema)
    with transaction(stranger, "SET application_name = 'tidemark'") as start:
        assert observe(database, session).oldest_open == start


def test_a_transaction_of_another_database_holds_nothing_back(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    elsewhere = Database(f"{database.uri.removesuffix('postgres')}template1", "public")
    with transaction(elsewhere):
        assert observe(database, session).oldest_open is None


def test_a_prepared_transaction_proves_nothing(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("BEGIN; INSERT INTO events VALUES (1, now())")
        cursor.executescript(f"PREPARE TRANSACTION '{database.schema}'")
    try:
        seen = observe(database, session)
    finally:
        database.run(f"ROLLBACK PREPARED '{database.schema}'")
    assert seen.sessions_hidden
    assert seen.oldest_open is not None


def test_a_session_that_does_not_report_itself_proves_nothing(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    with transaction(database, "SET track_activities = off", "SELECT 1"):
        assert observe(database, session).sessions_hidden


def test_a_login_without_monitoring_rights_knows_that_it_does_not_know(
    database: Database, role: str
) -> None:
    database.run(EVENTS + readable_by(database, role))
    with transaction(database), database.login(role) as session:
        assert observe(database, session).sessions_hidden


def test_the_right_to_read_all_statistics_is_enough(database: Database, role: str) -> None:
    database.run(EVENTS + readable_by(database, role))
    database.run(f"GRANT pg_read_all_stats TO {role}")
    with transaction(database) as start, database.login(role) as session:
        seen = observe(database, session)
    assert (seen.oldest_open, seen.sessions_hidden) == (start, False)


def readable_by(database: Database, role: str) -> str:
    return f"GRANT USAGE ON SCHEMA {database.schema} TO {role}; GRANT SELECT ON events TO {role};"
