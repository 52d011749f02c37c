import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pyodbc
import pytest

from local import mariadb
from local.mariadb import MariadbFailed, RunningMariadb
from local.tether import StateInUse
from tests.local.stack_parts.conftest import await_end


class StartMariadb(Protocol):
    """Starts MariaDB on a state folder; it is stopped when the test ends."""

    def __call__(self, state: Path) -> RunningMariadb: ...


@pytest.fixture
def start_mariadb() -> Iterator[StartMariadb]:
    with ExitStack() as running:

        def begin(state: Path) -> RunningMariadb:
            server = mariadb.start(state, fsync=False)
            running.callback(server.stop)
            return server

        yield begin


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Path, RunningMariadb]]:
    """A server for all tests that leave it running, and its state folder."""
    with tempfile.TemporaryDirectory(prefix="tidemark-") as made:
        state = Path(made) / "state"
        server = mariadb.start(state, fsync=False)
        yield state, server
        server.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not below pytest's own folder, through which other users may not pass.
    with tempfile.TemporaryDirectory(prefix="tidemark-") as made:
        yield Path(made)


def ask(server: RunningMariadb, sql: str) -> list[tuple[object, ...]]:
    with closing(pyodbc.connect(server.connection, autocommit=True)) as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]


def do(server: RunningMariadb, sql: str) -> None:
    with closing(pyodbc.connect(server.connection, autocommit=True)) as connection:
        connection.execute(sql)


def test_it_is_set_up_for_tests(shared: tuple[Path, RunningMariadb]) -> None:
    _, server = shared
    sql = (
        "SELECT @@bind_address, @@skip_name_resolve, @@time_zone, @@character_set_server, @@socket"
    )
    assert ask(server, sql) == [("127.0.0.1", 1, "+00:00", "utf8mb4", "")]


def test_commits_survive_a_kill(start_mariadb: StartMariadb, folder: Path) -> None:
    server = start_mariadb(folder / "state")
    do(server, "CREATE TABLE mysql.t ENGINE = InnoDB AS SELECT 10 AS i")
    os.kill(server.pid, signal.SIGKILL)
    assert ask(start_mariadb(folder / "state"), "SELECT i FROM mysql.t") == [(10,)]


PARENT = """
import sys
from pathlib import Path
from local import mariadb
print(mariadb.start(Path(sys.argv[1]), fsync=False).pid, flush=True)
sys.stdin.read()
"""


def test_it_dies_with_a_killed_parent_and_lets_the_next_one_start(
    start_mariadb: StartMariadb, folder: Path
) -> None:
    state = folder / "state"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        parent.kill()
    assert ask(start_mariadb(state), "SELECT 1") == [(1,)]
    await_end(server)


@pytest.mark.long
def test_an_interrupted_setup_is_done_again(start_mariadb: StartMariadb, folder: Path) -> None:
    (folder / "state" / "data.new" / "mysql").mkdir(parents=True)
    assert ask(start_mariadb(folder / "state"), "SELECT 1") == [(1,)]


def test_a_state_folder_has_one_server(
    shared: tuple[Path, RunningMariadb], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, _ = shared
    monkeypatch.setattr(mariadb, "_STOP_SECONDS", 0)
    with pytest.raises(StateInUse):
        mariadb.start(state, fsync=False)


@pytest.mark.long
def test_two_servers_run_side_by_side(
    start_mariadb: StartMariadb, folder: Path, shared: tuple[Path, RunningMariadb]
) -> None:
    servers = [shared[1], start_mariadb(folder / "state")]
    assert len({server.port for server in servers}) == 2
    assert [ask(server, "SELECT @@port") for server in servers] == [[(s.port,)] for s in servers]


def test_stopping_ends_open_sessions_and_is_allowed_twice(
    start_mariadb: StartMariadb, folder: Path
) -> None:
    server = start_mariadb(folder / "state")
    with closing(pyodbc.connect(server.connection, autocommit=True)):
        server.stop()
    server.stop()
    assert server.process.returncode == 0


def test_a_machine_without_mariadb_is_told_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mariadb, "_FOLDERS", str(folder))
    with pytest.raises(MariadbFailed, match="apt-get install mariadb-server-core"):
        mariadb.start(folder / "state")


def test_what_the_server_said_is_told_when_it_does_not_start(
    start_mariadb: StartMariadb, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mariadb._SETTINGS, "innodb-buffer-pool-size", "much")
    with pytest.raises(MariadbFailed, match="innodb-buffer-pool-size"):
        start_mariadb(folder / "state")
