"""The servers for the contracts of sources over ODBC: PostgreSQL and MariaDB, and their drivers."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyodbc
import pytest

from local import mariadb as mariadb_server
from local import postgres as postgres_server
from local.mariadb import RunningMariadb
from local.postgres import RunningPostgres
from tests.contracts.odbc.odbc_shop import Shop

POSTGRES_DRIVER = "PostgreSQL Unicode"
MARIADB_DRIVER = "MariaDB Unicode"
# Only forward, and row by row from the server instead of through a copy of the whole result.
MARIADB_STREAMS = f"OPTION={1 << 21 | 1 << 20}"


def need_driver(name: str) -> None:
    """Fail where a driver is missing."""
    assert name in pyodbc.drivers(), f"the ODBC driver {name!r} is missing: `make test` installs it"


def _folder(name: str) -> tempfile.TemporaryDirectory[str]:
    """A folder of our own: pytest closes its folders to other users, the servers' among them."""
    return tempfile.TemporaryDirectory(prefix=f"tidemark-{name}-")


@pytest.fixture(scope="session")
def postgres() -> Iterator[RunningPostgres]:
    need_driver(POSTGRES_DRIVER)
    with _folder("postgres") as state:
        running = postgres_server.start(Path(state), fsync=False)
        yield running
        running.stop()


@pytest.fixture(scope="session")
def postgres_uri(postgres: RunningPostgres) -> str:
    """The server's `postgresql://` URI, as superuser."""
    return postgres.uri


@pytest.fixture(scope="session")
def postgres_connection(postgres: RunningPostgres) -> str:
    """The server's ODBC connection string, as superuser."""
    return (
        f"Driver={{{POSTGRES_DRIVER}}};Server=127.0.0.1;Port={postgres.port};"
        "Database=postgres;UID=postgres;BoolsAsChar=0;UseDeclareFetch=1"
    )


@pytest.fixture(scope="session")
def mariadb() -> Iterator[RunningMariadb]:
    need_driver(MARIADB_DRIVER)
    with _folder("mariadb") as state:
        running = mariadb_server.start(Path(state), fsync=False)
        yield running
        running.stop()


@pytest.fixture
def shop(mariadb: RunningMariadb) -> Iterator[Shop]:
    """A database of its own for each test."""
    made = Shop(mariadb.connection, f"test_{uuid.uuid4().hex}")
    server = Shop(mariadb.connection, "information_schema")
    server.run(f"CREATE DATABASE {made.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    yield made
    server.run(f"DROP DATABASE {made.name}")


@pytest.fixture(params=["postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest) -> str:
    """The ODBC connection string of each server in turn."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_connection"))
    return f"{request.getfixturevalue('mariadb').connection};CHARSET=utf8mb4;{MARIADB_STREAMS}"
