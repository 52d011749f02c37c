"""Snapshots of MariaDB: what a read sees, and what it refuses to read."""

from contextlib import closing

import pytest

from shared.adapters.odbc import OdbcSession
from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.mariadb import MariadbDialect
from shared.loading.errors import SnapshotUnavailable, SourceUnavailable
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database

PAIR = "CREATE TABLE t (id int PRIMARY KEY, v varchar(9) DEFAULT 'x')"


def numbers(database: Database, session: OdbcSession, table: str = "t") -> list[int]:
    with session.read(database.spec(table), Span()) as reading:
        return [row["id"] for batch in reading.batches for row in batch.to_pylist()]


class Interrupted(MariadbDialect):
    """Lets somebody else act between the snapshot and the first read."""

    def __init__(self, database: Database, *statements: str) -> None:
        self._database, self._statements = database, statements

    def clock(self, link: Link) -> str:
        read_at = super().clock(link)
        self._database.run(*self._statements)
        return read_at


def interrupted(database: Database, session: OdbcSession, *statements: str) -> OdbcSession:
    session._dialect = Interrupted(database, *statements)
    return session


def test_a_read_sees_the_rows_of_its_opening(database: Database, session: OdbcSession) -> None:
    database.run(PAIR, "INSERT INTO t (id) VALUES (1)")
    interrupted(database, session, "INSERT INTO t (id) VALUES (2)")
    assert numbers(database, session) == [1]


@pytest.mark.parametrize(
    "change",
    [
        "TRUNCATE TABLE t",
        "ALTER TABLE t ADD COLUMN w int",
        "ALTER TABLE t MODIFY v varchar(4000)",
        "ALTER TABLE t FORCE",
    ],
)
def test_a_table_that_is_altered_as_its_read_begins_is_read_again_later(
    database: Database, session: OdbcSession, change: str
) -> None:
    database.run(PAIR, "INSERT INTO t (id) VALUES (1)")
    with pytest.raises(SourceUnavailable):
        numbers(database, interrupted(database, session, change))


def test_a_table_cannot_be_altered_while_it_is_read(
    database: Database, session: OdbcSession
) -> None:
    database.run(PAIR, "INSERT INTO t (id) VALUES (1)", "SET lock_wait_timeout = 0")
    with (
        session.read(database.spec("t"), Span()),
        pytest.raises(Exception, match="Lock wait timeout"),
    ):
        database.run("TRUNCATE TABLE t")


@pytest.mark.parametrize("engine", ["MyISAM", "Aria"])
def test_a_table_without_snapshots_is_refused(
    database: Database, session: OdbcSession, engine: str
) -> None:
    database.run(f"{PAIR} ENGINE={engine}")
    with pytest.raises(SnapshotUnavailable, match=f"t is stored in {engine}.*ENGINE=InnoDB"):
        session.shape(database.spec("t"))


def test_a_view_over_a_table_without_snapshots_is_refused(
    database: Database, session: OdbcSession
) -> None:
    database.run(
        f"{PAIR} ENGINE=Aria",
        "CREATE VIEW one AS SELECT id FROM t",
        "CREATE VIEW two AS SELECT * FROM (SELECT id FROM one) x",
    )
    with pytest.raises(SnapshotUnavailable, match=r"t is stored in Aria"):
        session.shape(database.spec("two"))


def test_a_view_whose_tables_are_hidden_is_refused(database: Database, user: str) -> None:
    database.run(PAIR, "CREATE VIEW seen AS SELECT id FROM t")
    with database.login(user) as session:
        with pytest.raises(SnapshotUnavailable, match="GRANT SHOW VIEW"):
            session.shape(database.spec("seen"))
        database.run(f"GRANT SHOW VIEW ON {database.schema}.* TO {user}@'127.0.0.1'")
    with database.login(user) as session:
        assert session.shape(database.spec("seen")).columns[0].name == "id"


def test_a_view_is_read_as_a_table_is(database: Database, session: OdbcSession) -> None:
    database.run(PAIR, "INSERT INTO t (id) VALUES (1)", "CREATE VIEW seen AS SELECT id FROM t")
    assert session.shape(database.spec("seen")).estimated_rows == 1
    assert numbers(database, session, "seen") == [1]


def test_under_serializable_a_table_is_locked_against_writers(
    database: Database, session: OdbcSession
) -> None:
    database.run(f"{PAIR} ENGINE=MyISAM", "INSERT INTO t (id) VALUES (1)")
    spec = database.spec("t", isolation="serializable")
    assert "locked" in session.shape(spec).findings[0]
    database.run("SET lock_wait_timeout = 0")
    with session.read(spec, Span()) as reading:
        with pytest.raises(Exception, match="Lock wait timeout"):
            database.run("INSERT INTO t (id) VALUES (2)")
        assert sum(batch.num_rows for batch in reading.batches) == 1
    database.run("INSERT INTO t (id) VALUES (2)")


def test_reading_writes_nothing(database: Database, session: OdbcSession) -> None:
    database.run(PAIR)
    with pytest.raises(Exception, match="READ ONLY transaction"):
        session._rows().rows(f"INSERT INTO {database.schema}.t (id) VALUES (1)")


def test_names_are_quoted(database: Database, session: OdbcSession) -> None:
    name = "a`b {} ? ; \"c\" 'd'"
    quoted = MariadbDialect().quote(name)
    database.run(f"CREATE TABLE {quoted} ({quoted} int)", f"INSERT INTO {quoted} VALUES (7)")
    spec = database.spec(name, "integer", name)
    assert session.observe(spec).max_cursor == "7"
    with session.read(spec, Span(after="6", upto="7")) as reading:
        assert [row for batch in reading.batches for row in batch.to_pylist()] == [{name: 7}]


def test_a_bound_is_a_value_and_never_sql(database: Database, session: OdbcSession) -> None:
    database.run(PAIR, "INSERT INTO t (id) VALUES (1)")
    spec = database.spec("t", "integer", "id")
    assert session.estimate(spec, Span(after="1 OR 1=1")) == 0
    with closing(database.open()) as other:
        assert other.execute("SELECT COUNT(*) FROM t").fetchval() == 1


def test_the_driver_may_not_be_told_to_change_values(database: Database) -> None:
    wanted = f"{database.connection};Option=16899;Charset=latin1;Auto_Reconnect=1"
    given = MariadbDialect().settle(parse_address(wanted))
    assert (given.get("option"), given.get("charset")) == ("3145728", "utf8mb4")
    assert given.get("auto_reconnect") == "0"
