"""What goes wrong at MariaDB comes as the typed error that says what to do, and tells no secret."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import mariadb as mariadb_server
from local.mariadb import RunningMariadb
from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.mariadb import MariadbDialect
from shared.catalog.spec import CursorKind
from shared.loading.errors import (
    ColumnMissing,
    CredentialRejected,
    CursorUnsound,
    IngestError,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
)
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database

SECRET = "open sesame"


def refusal(connection: str) -> IngestError:
    with pytest.raises(IngestError) as caught, connect(MariadbDialect(), connection):
        pass
    assert SECRET not in str(caught.value)
    return caught.value


def test_a_wrong_password_is_told_without_it(database: Database) -> None:
    wrong = database.connection.replace("Password=", f"Password={SECRET}")
    assert isinstance(refusal(wrong), CredentialRejected)


@pytest.mark.parametrize("given", ["User=nobody", "User=root;Database=nowhere"])
def test_an_unknown_user_or_database_is_a_matter_of_the_setting(
    database: Database, given: str
) -> None:
    assert isinstance(refusal(database.connection.replace("User=root", given)), CredentialRejected)


@pytest.mark.parametrize("server", ["Server=127.0.0.1;Port=1", "Server=nowhere.invalid;Port=1"])
def test_a_server_that_does_not_answer_is_tried_again(server: str) -> None:
    found = refusal(f"Driver={{MariaDB Unicode}};{server};User=root;Password={SECRET}")
    assert isinstance(found, SourceUnavailable)


def test_a_user_without_connections_left_is_throttled(database: Database, user: str) -> None:
    database.run(f"ALTER USER {user}@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1")
    login = database.connection.replace("User=root", f"User={user}")
    with database.login(user):
        assert isinstance(refusal(login), SourceThrottled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What a table file says wrongly of the table `t`."""

    table: str = "t"
    kind: CursorKind = "none"
    column: str | None = None
    key: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (Wrong(table="missing"), TableMissing),
        (Wrong(key=("id", "gone")), ColumnMissing),
        (Wrong(kind="timestamp", column="gone"), ColumnMissing),
        (Wrong(kind="timestamp", column="id"), CursorUnsound),
        (Wrong(kind="date", column="at"), CursorUnsound),
        (Wrong(kind="integer", column="price"), CursorUnsound),
        (Wrong(kind="rowversion", column="id"), CursorUnsound),
    ],
)
def test_a_table_file_that_does_not_fit_is_told_so(
    database: Database, session: OdbcSession, wrong: Wrong, expected: type[IngestError]
) -> None:
    database.run("CREATE TABLE t (id int, at datetime, price decimal(9,2))")
    spec = database.spec(wrong.table, wrong.kind, wrong.column, key=wrong.key)
    with pytest.raises(expected):
        session.shape(spec)


def test_a_table_of_which_no_column_is_left_is_refused(
    database: Database, session: OdbcSession
) -> None:
    database.run("CREATE TABLE t (id int)")
    with pytest.raises(ColumnMissing, match="every column is excluded"):
        session.shape(database.spec("t", exclude=("id",)))


def test_a_table_that_may_not_be_read_is_missing(database: Database, user: str) -> None:
    database.run("CREATE TABLE t (id int)", f"REVOKE ALL, GRANT OPTION FROM {user}@'127.0.0.1'")
    with database.login(user) as session, pytest.raises(TableMissing):
        session.shape(database.spec("t"))
    database.run(f"GRANT INSERT ON {database.schema}.t TO {user}@'127.0.0.1'")
    with (
        database.login(user) as session,
        pytest.raises(TableMissing),
        session.read(database.spec("t"), Span()),
    ):
        pass


def test_a_view_over_a_dropped_table_is_missing(database: Database, session: OdbcSession) -> None:
    database.run("CREATE TABLE t (id int)", "CREATE VIEW v AS SELECT id FROM t", "DROP TABLE t")
    with pytest.raises(TableMissing):
        session.shape(database.spec("v"))


def test_a_session_that_is_killed_in_its_snapshot_is_tried_again(
    database: Database, session: OdbcSession
) -> None:
    database.run("CREATE TABLE t (id int, v longtext)", "INSERT INTO t VALUES (1, 'x')")
    readers = "FROM information_schema.INNODB_TRX WHERE trx_is_read_only"

    def read_and_be_killed() -> None:
        with session.read(database.spec("t"), Span()) as reading:
            list(reading.batches)
            for (number,) in database.ask(f"SELECT trx_mysql_thread_id {readers}"):
                database.run(f"KILL {number}")

    with pytest.raises(SourceUnavailable):
        read_and_be_killed()


def test_a_lock_that_is_not_granted_is_tried_again(database: Database) -> None:
    database.run("CREATE TABLE t (id int)")

    class Impatient(MariadbDialect):
        settings = (*MariadbDialect.settings, "SET SESSION lock_wait_timeout = 1")

    with (
        closing(database.open()) as other,
        connect(Impatient(), database.connection) as session,
    ):
        other.execute("LOCK TABLES t WRITE")
        with pytest.raises(SourceThrottled):
            session.estimate(database.spec("t", "integer", "id"), Span())


@pytest.fixture
def mortal() -> Iterator[RunningMariadb]:
    with tempfile.TemporaryDirectory(prefix="tidemark-mortal-") as folder:
        running = mariadb_server.start(Path(folder), fsync=False)
        yield running
        running.stop()


def test_a_server_that_goes_away_is_tried_again(mortal: RunningMariadb) -> None:
    with connect(MariadbDialect(), mortal.connection) as session:
        session.ping()
        mortal.stop()
        with pytest.raises(SourceUnavailable):
            session.ping()
