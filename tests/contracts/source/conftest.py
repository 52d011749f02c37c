"""A PostgreSQL server for the contracts of the Source port, and a schema of it for each test and driver."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from local import postgres
from local.postgres import RunningPostgres
from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.column_spec import ColumnSpec
from shared.catalog.spec import CursorKind, CursorSpec, SourceSpec, TableSpec

LOCKED = "host all locked 127.0.0.1/32 scram-sha-256\n"
Driver = Literal["adbc", "odbc"]


def address_of(uri: str, driver: Driver) -> str:
    """Give a URI in the form that takes Tidemark over a driver."""
    if driver == "adbc":
        return uri
    parts = urlsplit(uri)
    return (
        f"Driver={{PostgreSQL Unicode}};Server={parts.hostname};Port={parts.port};"
        f"Database={parts.path[1:]};UID={parts.username};PWD={{{unquote(parts.password or '')}}}"
    )


class Database:
    """One schema of the server, as its owner sees it: superuser, unqualified names.

    `address` is where Tidemark connects, over the driver. An `owner` that is lent stays open.
    """

    def __init__(
        self,
        uri: str,
        schema: str,
        driver: Driver = "adbc",
        owner: postgresql.Connection | None = None,
    ) -> None:
        self.uri = uri
        self.schema = schema
        self.driver: Driver = driver
        self._lent = owner

    @property
    def address(self) -> str:
        return address_of(self.uri, self.driver)

    def open(self) -> postgresql.Connection:
        """Open a session of somebody else, in autocommit mode; the test closes it."""
        options = f"client_encoding=UTF8&options=-csearch_path%3D{self.schema}"
        return postgresql.connect(f"{self.uri}?{options}", autocommit=True)

    def run(self, script: str) -> None:
        with self._owner.cursor() as cursor:
            cursor.executescript(script)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with self._owner.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def close(self) -> None:
        """Disconnect, if `run` or `ask` had connected."""
        if "_owner" in self.__dict__ and self._lent is None:
            self._owner.close()

    @cached_property
    def _owner(self) -> postgresql.Connection:
        return self._lent or self.open()

    def await_waiting_reader(self) -> None:
        """Return once a session of Tidemark waits for a lock."""
        waiting = (
            "SELECT FROM pg_stat_activity"
            " WHERE application_name = 'tidemark' AND wait_event_type = 'Lock'"
        )
        while not self.ask(f"SELECT 1 WHERE EXISTS ({waiting})"):
            pass

    def await_no_session(self) -> None:
        """Return once no session of Tidemark is left: the server ends one after it was closed."""
        open_sessions = "SELECT FROM pg_stat_activity WHERE application_name = 'tidemark'"
        while self.ask(f"SELECT 1 WHERE EXISTS ({open_sessions})"):
            pass

    def login(self, role: str) -> AbstractContextManager[PostgresSession]:
        """Connect to the server as another role."""
        return connect(self.address_as(role))

    def address_as(self, role: str) -> str:
        return address_of(self.uri.replace("//postgres@", f"//{role}@"), self.driver)

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
def state() -> Iterator[Path]:
    """A folder of our own: pytest closes its folders to other users, PostgreSQL's among them."""
    with tempfile.TemporaryDirectory(prefix="tidemark-postgres-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def server(state: Path) -> Iterator[RunningPostgres]:
    """Anyone may connect without a password, except the role `locked`."""
    running = postgres.start(state, fsync=False)
    try:
        access = state / "data" / "pg_hba.conf"
        access.write_text(LOCKED + access.read_text())
        with closing(Database(running.uri, "public")) as database:
            database.run("CREATE ROLE locked LOGIN PASSWORD 'open sesame'; SELECT pg_reload_conf()")
        yield running
    finally:
        running.stop()


# For tests of what statements say, which are the same over both: those of reading need both drivers.
MOSTLY_ONE_DRIVER = ("adbc", pytest.param("odbc", marks=pytest.mark.long))


def available(driver: Driver) -> Driver:
    """Skip the test where the machine is without a driver."""
    if driver == "odbc" and os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1":
        pytest.skip("TIDEMARK_WITHOUT_ODBC=1: this machine has no ODBC drivers")
    return driver


@pytest.fixture(params=["adbc", "odbc"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """The driver that Tidemark goes over."""
    return available(request.param)


@pytest.fixture(scope="session")
def owner(server: RunningPostgres) -> Iterator[postgresql.Connection]:
    """The owner's session: to connect costs more than what most tests do."""
    with closing(Database(server.uri, "public").open()) as opened:
        yield opened


@pytest.fixture
def database(
    server: RunningPostgres, driver: Driver, owner: postgresql.Connection
) -> Iterator[Database]:
    made = Database(server.uri, f"test_{uuid.uuid4().hex}", driver, owner)
    made.run("DISCARD ALL")
    made.run(f"CREATE SCHEMA {made.schema}; SET search_path = {made.schema}")
    yield made
    made.run(f"DROP SCHEMA {made.schema} CASCADE")


@pytest.fixture(scope="module")
def sessions(server: RunningPostgres) -> Iterator[Callable[[Driver], PostgresSession]]:
    """Gives one session for all tests of a module, over each driver."""
    with ExitStack() as opened:
        made: dict[Driver, PostgresSession] = {}

        def find(driver: Driver) -> PostgresSession:
            if driver not in made:
                made[driver] = opened.enter_context(connect(address_of(server.uri, driver)))
            return made[driver]

        yield find


@pytest.fixture
def session(sessions: Callable[[Driver], PostgresSession], driver: Driver) -> PostgresSession:
    return sessions(driver)


@pytest.fixture
def own_session(server: RunningPostgres, driver: Driver) -> Iterator[PostgresSession]:
    """A session of the test's own, which it may break or look for."""
    with connect(address_of(server.uri, driver)) as opened:
        yield opened


@pytest.fixture
def role(server: RunningPostgres) -> Iterator[str]:
    """A login without any right but to connect."""
    name = f"role_{uuid.uuid4().hex}"
    with closing(Database(server.uri, "public")) as owner:
        owner.run(f"CREATE ROLE {name} LOGIN")
        yield name
        owner.run(f"DROP OWNED BY {name}; DROP ROLE {name}")
