"""What a fence is made of at MariaDB, and that no row appears at or below an exact bound."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pyodbc
import pytest

from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.mariadb import MariadbDialect
from shared.catalog.spec import CursorKind, CursorSpec
from shared.loading.bound import Bound, find_bound
from shared.loading.cursor import cursor_type
from shared.loading.errors import WatermarkAhead
from shared.loading.sentinels import check_count
from shared.loading.span import Observation, Span
from tests.contracts.odbc.mariadb.conftest import Database

EVENTS = (
    "CREATE TABLE events (id int AUTO_INCREMENT PRIMARY KEY,"
    " at datetime(6) DEFAULT CURRENT_TIMESTAMP(6))"
)
WRITE = "INSERT INTO events () VALUES ()"
CURSOR = cursor_type("timestamp", resolution="0.000001", zoned=False)
CLOCK = "SELECT DATE_FORMAT(SYSDATE(6), '%Y-%m-%dT%H:%i:%s.%f')"


def observe(database: Database, session: OdbcSession) -> Observation:
    return session.observe(database.spec("events", "timestamp", "at"))


def bound_of(seen: Observation) -> Bound:
    spec = CursorSpec(kind="timestamp", column="at", assigned="database")
    return find_bound(spec, CURSOR, seen, settle=timedelta(), before=None)


@contextmanager
def transaction(database: Database, *statements: str) -> Iterator[pyodbc.Cursor]:
    """Hold somebody else's transaction open."""
    with closing(database.open()) as other:
        cursor = other.cursor()
        for statement in ("START TRANSACTION", *statements):
            cursor.execute(statement)
        yield cursor
        cursor.execute("ROLLBACK")


@contextmanager
def waiting_writer(database: Database, *before: str) -> Iterator[threading.Thread]:
    """Have a statement wait that has begun, as all writers do during a backup."""
    with closing(database.open()) as writer, closing(database.open()) as backup:
        for statement in before:
            writer.execute(statement)
        backup.execute("FLUSH TABLES WITH READ LOCK")
        thread = threading.Thread(target=writer.execute, args=(WRITE,))
        thread.start()
        database.await_state("Waiting for backup lock")
        try:
            yield thread
        finally:
            backup.execute("UNLOCK TABLES")
            thread.join()


def test_the_highest_cursor_is_mariadbs_exact_text(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS, "INSERT INTO events VALUES (1, '9999-12-31 23:59:59.999999'), (2, NULL)")
    seen = observe(database, session)
    assert (seen.max_cursor, seen.has_nulls) == ("9999-12-31 23:59:59.999999", True)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (
            ("timestamp(3) NULL", "timestamp"),
            "'2024-02-29 23:59:59.5'",
            "2024-02-29 23:59:59.500+00",
        ),
        (("datetime", "timestamp"), "'2024-02-29 23:59:59'", "2024-02-29 23:59:59"),
        (("date", "date"), "'2024-02-29'", "2024-02-29"),
        (("bigint unsigned", "integer"), "18446744073709551615", "18446744073709551615"),
        (("tinyint", "integer"), "-128", "-128"),
        (("decimal(30,0)", "integer"), "9" * 30, "9" * 30),
    ],
)
def test_every_kind_of_cursor_has_its_text(
    database: Database, session: OdbcSession, column: tuple[str, CursorKind], value: str, text: str
) -> None:
    declared, kind = column
    database.run(f"CREATE TABLE t (c {declared})", f"INSERT INTO t VALUES ({value})")
    spec = database.spec("t", kind, "c")
    assert session.observe(spec).max_cursor == text
    with session.read(spec, Span(upto=text)) as upto:
        assert sum(batch.num_rows for batch in upto.batches) == 1
    with session.read(spec, Span(after=text)) as after:
        assert sum(batch.num_rows for batch in after.batches) == 0


def test_a_mariadb_table_without_rows_or_cursor_is_observed_too(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    seen = [observe(database, session), session.observe(database.spec("events"))]
    assert [(each.max_cursor, each.has_nulls) for each in seen] == [(None, False)] * 2


def test_mariadbs_clock_is_read_after_the_highest_cursor(database: Database) -> None:
    database.run(EVENTS)
    seen: list[Observation] = []

    def watch() -> None:
        with connect(MariadbDialect(), database.connection) as session:
            seen.append(observe(database, session))

    watcher = threading.Thread(target=watch)
    with closing(database.open()) as other:
        other.execute("LOCK TABLES events WRITE")
        watcher.start()
        database.await_state("Waiting for table metadata lock")
        released = str(database.ask(CLOCK)[0][0])
        other.execute("UNLOCK TABLES")
    watcher.join()
    assert released < seen[0].clock < str(database.ask(CLOCK)[0][0])


def test_a_quiet_server_proves_its_bound(database: Database, session: OdbcSession) -> None:
    database.run(EVENTS)
    seen = observe(database, session)
    assert (seen.oldest_open, seen.sessions_hidden) == (None, False)
    assert bound_of(seen).how == "exact"


def test_a_row_of_a_statement_that_waits_lies_above_the_exact_bound(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    with waiting_writer(database):
        # For longer than the second that a bound keeps off in any case.
        database.await_state("Waiting for backup lock", seconds=2)
        bound = bound_of(observe(database, session))
    appeared = str(database.ask("SELECT CAST(at AS CHAR) FROM events")[0][0])
    assert bound.how == "exact"
    assert bound.value is not None
    assert bound.value < appeared


def test_a_statement_that_waits_holds_the_bound_back(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    with waiting_writer(database):
        seen = observe(database, session)
    assert seen.oldest_open is not None
    assert seen.oldest_open < seen.clock


def test_an_open_transaction_proves_nothing_as_its_first_statement_may_have_waited(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    with closing(database.open()) as writer, closing(database.open()) as backup:
        writer.execute("START TRANSACTION")
        backup.execute("FLUSH TABLES WITH READ LOCK")
        thread = threading.Thread(target=writer.execute, args=(WRITE,))
        thread.start()
        database.await_state("Waiting for backup lock")
        backup.execute("UNLOCK TABLES")
        thread.join()
        seen = observe(database, session)
        writer.execute("COMMIT")
    assert seen.sessions_hidden
    assert seen.oldest_open is not None
    assert bound_of(seen).how == "settled"
    [holder] = seen.holders
    assert holder.session.startswith("thread ")
    assert (holder.user, holder.state) == ("root", "Sleep")


def test_a_transaction_that_ends_while_we_look_is_of_no_matter(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    seen: list[Observation] = []
    watcher = threading.Thread(target=lambda: seen.append(observe(database, session)))
    with transaction(database, WRITE) as writer:
        watcher.start()
        database.await_state("User sleep")
        writer.execute("COMMIT")
        watcher.join()
    assert not seen[0].sessions_hidden


def test_another_reader_of_mariadb_holds_nothing_back(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS, WRITE)
    with (
        connect(MariadbDialect(), database.connection) as other,
        other.read(database.spec("events"), Span()),
    ):
        seen = observe(database, session)
    assert (seen.oldest_open, seen.sessions_hidden) == (None, False)


@pytest.mark.parametrize(
    "opening", ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", "SET autocommit = 1"]
)
def test_a_long_query_holds_nothing_back(
    database: Database, session: OdbcSession, opening: str
) -> None:
    database.run(EVENTS, WRITE)
    # In a process of its own: pyodbc lets no other thread run while a result is on its way.
    query = f"{opening}; SELECT SLEEP(600) FROM events"
    with subprocess.Popen([*database.client, "-e", query], stdout=subprocess.DEVNULL) as other:
        database.await_state("User sleep")
        seen = observe(database, session)
        sleeping = "FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'"
        for (number,) in database.ask(f"SELECT ID {sleeping}"):
            database.run(f"KILL {number}")
        other.kill()
    assert (seen.oldest_open, seen.sessions_hidden) == (None, False)


def test_a_prepared_mariadb_transaction_proves_nothing(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    with closing(database.open()) as other:
        for statement in ("XA START 'x'", WRITE, "XA END 'x'", "XA PREPARE 'x'"):
            other.execute(statement)
    try:
        seen = observe(database, session)
    finally:
        database.run("XA ROLLBACK 'x'")
    assert seen.sessions_hidden


def test_a_login_without_process_knows_that_it_does_not_know(database: Database, user: str) -> None:
    database.run(EVENTS)
    with transaction(database, WRITE), database.login(user) as session:
        assert observe(database, session).sessions_hidden


def test_the_privilege_process_is_enough(database: Database, user: str) -> None:
    database.run(EVENTS, f"GRANT PROCESS ON *.* TO {user}@'127.0.0.1'")
    with database.login(user) as session:
        assert not observe(database, session).sessions_hidden
        with transaction(database, WRITE):
            assert observe(database, session).sessions_hidden


def test_a_list_that_others_keep_from_being_made_anew_is_not_believed(
    database: Database, session: OdbcSession
) -> None:
    database.run(EVENTS)
    done = threading.Event()
    listed = threading.Event()

    def poll() -> None:
        with closing(database.open()) as monitor:
            while not done.is_set():
                monitor.execute("SELECT COUNT(*) FROM information_schema.INNODB_TRX").fetchall()
                listed.set()

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        listed.wait()
        with transaction(database, WRITE):
            assert observe(database, session).sessions_hidden
    finally:
        done.set()
        poller.join()


@pytest.mark.parametrize(
    ("declared", "doubted"),
    [
        ("datetime(6) DEFAULT CURRENT_TIMESTAMP(6)", True),
        ("datetime NULL ON UPDATE CURRENT_TIMESTAMP", True),
        ("datetime DEFAULT (UTC_TIMESTAMP())", False),
        ("timestamp(6) DEFAULT CURRENT_TIMESTAMP(6)", False),
        ("datetime NULL", False),
    ],
)
def test_a_value_that_takes_each_sessions_time_zone_is_never_exact_at_mariadb(
    database: Database, session: OdbcSession, declared: str, *, doubted: bool
) -> None:
    database.run(f"CREATE TABLE events (id int, at {declared})")
    plain = database.spec("events", "timestamp", "at")
    assigned = replace(plain, cursor=replace(plain.cursor, assigned="database"))
    doubts = session.observe(assigned).doubts
    assert ["time zone" in doubt for doubt in doubts] == ([True] if doubted else [])
    assert session.observe(plain).doubts == ()


def test_numbers_stay_ahead_over_deletes_but_not_over_a_truncation(
    database: Database, session: OdbcSession
) -> None:
    """What is lower than the watermark then stops the load."""
    spec = CursorSpec(kind="integer", column="id", assigned="database")
    numbers = cursor_type("integer", resolution=None, zoned=None)
    database.run(EVENTS, WRITE, WRITE, WRITE, "DELETE FROM events WHERE id = 3", WRITE)
    events = database.spec("events", "integer", "id")
    assert session.observe(events).max_cursor == "4"
    database.run("TRUNCATE events", WRITE)
    seen = session.observe(events)
    with pytest.raises(WatermarkAhead):
        check_count(spec, numbers, seen, "4", same=False)
