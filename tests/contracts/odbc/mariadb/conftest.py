"""A database of the MariaDB server for each test."""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cached_property

import pyodbc
import pytest

from local.mariadb import RunningMariadb
from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.mariadb import MariadbDialect
from shared.catalog.column_spec import ColumnSpec
from shared.catalog.spec import CursorKind, CursorSpec, Isolation, SourceSpec, TableSpec


class Database:
    """One database of the server, as its owner sees it: every right, unqualified names."""

    def __init__(self, connection: str, schema: str) -> None:
        self.connection = connection
        self.schema = schema

    def open(self) -> pyodbc.Connection:
        """Open a session of somebody else, in autocommit mode; the test closes it."""
        return pyodbc.connect(f"{self.connection};Database={self.schema}", autocommit=True)

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._owner.execute(statement)

    def fill(self, table: str, values: tuple[object, ...]) -> None:
        marks = ", ".join("?" * len(values))
        self._owner.execute(f"INSERT INTO {table} VALUES ({marks})", values)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self._owner.execute(sql).fetchall()]

    def close(self) -> None:
        """Disconnect, if `run` or `ask` had connected."""
        if "_owner" in self.__dict__:
            self._owner.close()

    @cached_property
    def _owner(self) -> pyodbc.Connection:
        owner = self.open()
        # Takes everything that a table can hold, zero dates among it.
        owner.execute("SET SESSION sql_mode = '', time_zone = '+00:00'")
        return owner

    def await_state(self, state: str, *, seconds: int = 0) -> None:
        """Return once a session of this server has been in a state for so long."""
        sql = f"""SELECT COUNT(*) FROM information_schema.PROCESSLIST
            WHERE STATE LIKE '{state}%' AND TIME >= {seconds}"""
        while not self.ask(sql)[0][0]:
            pass

    @property
    def client(self) -> list[str]:
        """The command of MariaDB's own client, in this database."""
        port = self.ask("SELECT @@port")[0][0]
        place = ["--host=127.0.0.1", f"--port={port}", "--user=root"]
        return ["mariadb", "--no-defaults", *place, self.schema]

    def login(self, user: str) -> AbstractContextManager[OdbcSession]:
        """Connect to the server as another user."""
        return connect(MariadbDialect(), self.connection.replace("User=root", f"User={user}"))

    def spec(
        self,
        table: str,
        kind: CursorKind = "none",
        column: str | None = None,
        *,
        key: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        isolation: Isolation = "snapshot",
    ) -> TableSpec:
        return TableSpec(
            source=SourceSpec(
                name="shop",
                kind="sql",
                engine="mariadb",
                connection="${SHOP_DB}",
                isolation=isolation,
            ),
            table=f"{self.schema}.{table}",
            key=key,
            cursor=CursorSpec(kind=kind, column=column),
            target=f"bronze/shop/{table}",
            columns=ColumnSpec(exclude=exclude),
        )


@contextmanager
def database_of(server: RunningMariadb) -> Iterator[Database]:
    schema = f"test_{uuid.uuid4().hex}"
    with closing(pyodbc.connect(server.connection, autocommit=True)) as owner:
        owner.execute(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
        try:
            with closing(Database(server.connection, schema)) as made:
                yield made
        finally:
            # A session that a failed test left open must not keep the others waiting.
            owner.execute("SET SESSION lock_wait_timeout = 20")
            owner.execute(f"DROP DATABASE {schema}")


@pytest.fixture
def database(mariadb: RunningMariadb) -> Iterator[Database]:
    with database_of(mariadb) as made:
        yield made


@pytest.fixture
def session(mariadb: RunningMariadb) -> Iterator[OdbcSession]:
    with connect(MariadbDialect(), mariadb.connection) as opened:
        yield opened


@pytest.fixture
def user(mariadb: RunningMariadb, database: Database) -> Iterator[str]:
    """A login that may read the test's database, and nothing else."""
    name = f"user_{uuid.uuid4().hex[:12]}"
    database.run(
        f"CREATE USER {name}@'127.0.0.1'",
        f"GRANT SELECT ON {database.schema}.* TO {name}@'127.0.0.1'",
    )
    yield name
    database.run(f"DROP USER {name}@'127.0.0.1'")
