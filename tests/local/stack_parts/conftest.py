"""Servers for the tests of the embedded stack's parts."""

import os
import select
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import adbc_driver_postgresql.dbapi as postgresql
import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from local import postgres
from local.azurite.install import ensure_installed
from local.azurite.process import RunningAzurite, start
from local.postgres import RunningPostgres
from local.sample.load import create_sample

REPOSITORY = Path(__file__).parents[3]


class StartAzurite(Protocol):
    """Starts Azurite on a state folder; it is stopped when the test ends."""

    def __call__(self, state: Path) -> RunningAzurite: ...


class StartPostgres(Protocol):
    """Starts PostgreSQL on a state folder; it is stopped when the test ends."""

    def __call__(self, state: Path) -> RunningPostgres: ...


@pytest.fixture(scope="session")
def azurite_install() -> Path:
    return ensure_installed(REPOSITORY / ".cache")


@pytest.fixture
def start_azurite(azurite_install: Path) -> Iterator[StartAzurite]:
    with ExitStack() as running:

        def begin(state: Path) -> RunningAzurite:
            server = start(state, install=azurite_install)
            running.callback(server.stop)
            return server

        yield begin


@pytest.fixture
def start_postgres() -> Iterator[StartPostgres]:
    with ExitStack() as running:

        def begin(state: Path) -> RunningPostgres:
            server = postgres.start(state, fsync=False)
            running.callback(sweep, server)
            return server

        yield begin


def sweep(server: RunningPostgres) -> None:
    server.stop()
    if server.process.returncode == -signal.SIGKILL:  # then it left its socket behind
        for left in server.socket_folder.glob(f".s.PGSQL.{server.port}*"):
            left.unlink()


@pytest.fixture
def state() -> Iterator[Path]:
    # Not below pytest's own folder: a second session takes away the right to pass through that,
    # which PostgreSQL needs when it runs as another user.
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        yield Path(folder) / "state"


@pytest.fixture(scope="session")
def samples() -> Iterator[Callable[[], str]]:
    """Gives databases with the sample in them, each a copy of the one that was filled."""
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        server = postgres.start(Path(folder), fsync=False)
        numbers = count()

        def copy() -> str:
            name = f"sample{next(numbers)}"
            with (
                postgresql.connect(
                    server.uri.removesuffix("postgres") + "template1", autocommit=True
                ) as owner,
                owner.cursor() as cursor,
            ):
                cursor.executescript(f"CREATE DATABASE {name} TEMPLATE postgres")
            return server.uri.removesuffix("postgres") + name

        try:
            create_sample(server.uri)
            yield copy
        finally:
            server.stop()


@pytest.fixture(scope="module")
def sample(samples: Callable[[], str]) -> str:
    """A sample for all tests of a module."""
    return samples()


def tables_of(server: RunningAzurite) -> TableServiceClient:
    credential = AzureNamedKeyCredential(server.account, server.key)
    return TableServiceClient(server.table_url, credential=credential, retry_total=0)


def await_end(pid: int) -> None:
    """Wait until a process, which need not be a child of ours, is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], 30)[0], f"process {pid} is still there"
    finally:
        os.close(descriptor)
