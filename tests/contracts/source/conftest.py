"""A PostgreSQL server for the contracts of the Source port, and a schema of it for each test."""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from local import postgres
from local.postgres import RunningPostgres
from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.spec import ColumnSpec, CursorKind, CursorSpec, SourceSpec, TableSpec

LOCKED = "host all locked 127.0.0.1/32 scram-sha-256\n"


class Database:
    """One schema of the server, as its owner sees it: superuser, unqualified names."""

    def __init__(self, uri: str, schema: str) -> None:
        self.uri = uri
        self.schema = schema

    def open(self) -> postgresql.Connection:
        """Open a session of somebody else, in autocommit mode; the test closes it."""
        options = f"client_encoding=UTF8&options=-csearch_path%3D{self.schema}"
        return postgresql.connect(f"{self.uri}?{options}", autocommit=True)

    def run(self, script: str) -> None:
        with self.open() as connection, connection.cursor() as cursor:
            cursor.executescript(script)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with self.open() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def login(self, role: str) -> AbstractContextManager[PostgresSession]:
        """Connect to the server as another role."""
        return connect(self.uri.replace("//postgres@", f"//{role}@"))

    def spec(
        self,
        table: str,
        kind: CursorKind = "none",
        column: str | None = None,
        *,
        key: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
    ) -> TableSpec:
        return TableSpec(
            source=SourceSpec(
                name="shop", kind="sql", engine="postgresql", connection="${SHOP_DB}"
            ),
            table=f"{self.schema}.{table}",
            key=key,
            cursor=CursorSpec(kind=kind, column=column),
            target=f"bronze/shop/{table}",
            columns=ColumnSpec(exclude=exclude),
        )


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """Anyone may connect without a password, except the role `locked`."""
    state: Path = tmp_path_factory.mktemp("postgres")
    running = postgres.start(state, fsync=False)
    try:
        access = state / "data" / "pg_hba.conf"
        access.write_text(LOCKED + access.read_text())
        Database(running.uri, "public").run(
            "CREATE ROLE locked LOGIN PASSWORD 'open sesame'; SELECT pg_reload_conf();"
        )
        yield running
    finally:
        running.stop()


@pytest.fixture
def database(server: RunningPostgres) -> Iterator[Database]:
    made = Database(server.uri, f"test_{uuid.uuid4().hex}")
    made.run(f"CREATE SCHEMA {made.schema}")
    yield made
    made.run(f"DROP SCHEMA {made.schema} CASCADE")


@pytest.fixture
def session(server: RunningPostgres) -> Iterator[PostgresSession]:
    with connect(server.uri) as opened:
        yield opened


@pytest.fixture
def role(server: RunningPostgres) -> Iterator[str]:
    """A login without any right but to connect."""
    name = f"role_{uuid.uuid4().hex}"
    owner = Database(server.uri, "public")
    owner.run(f"CREATE ROLE {name} LOGIN")
    yield name
    owner.run(f"DROP OWNED BY {name}; DROP ROLE {name}")
