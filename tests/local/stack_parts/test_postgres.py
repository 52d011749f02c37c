import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from local import postgres
from local.postgres import RunningPostgres
from tests.local.stack_parts.conftest import StartPostgres, await_end


def ask(uri: str, sql: str) -> list[tuple[object, ...]]:
    with postgresql.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def do(uri: str, sql: str) -> None:
    with postgresql.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executescript(sql)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningPostgres]:
    """A server for all tests that leave it running."""
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        running = postgres.start(Path(folder) / "state", fsync=False)
        yield running
        running.stop()


def test_it_answers_over_tcp_and_over_the_socket(server: RunningPostgres) -> None:
    socket = f"postgresql://postgres@/postgres?host={server.socket_folder}&port={server.port}"
    assert ask(server.uri, "SELECT host(inet_server_addr())") == [("127.0.0.1",)]
    assert ask(socket, "SELECT inet_server_addr() IS NULL") == [(True,)]


def test_it_is_set_up_for_tests(server: RunningPostgres) -> None:
    wanted = {
        "listen_addresses": "127.0.0.1",
        "max_connections": "100",
        "max_prepared_transactions": "10",
        "TimeZone": "UTC",
        "fsync": "off",
        "server_encoding": "UTF8",
    }
    names = ", ".join(f"'{name}'" for name in wanted)
    settings = ask(
        server.uri,
        f"SELECT name, setting FROM pg_settings WHERE name IN ({names})",
    )
    assert dict(settings) == wanted


def test_commits_survive_a_kill_and_a_restart_waits_for_the_sessions_of_the_killed_server(
    start_postgres: StartPostgres, state: Path
) -> None:
    server = start_postgres(state)
    do(server.uri, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS i")
    connection = postgresql.connect(server.uri, autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        session = cursor.fetchall()[0][0]
        os.kill(server.pid, signal.SIGKILL)
        again = start_postgres(state)
        await_end(session)
    assert ask(again.uri, "SELECT count(*) FROM t") == [(1000,)]


def test_a_stale_process_id_that_belongs_to_another_is_no_obstacle(
    start_postgres: StartPostgres, state: Path, server: RunningPostgres
) -> None:
    other, server = server, start_postgres(state)
    status = state / "data" / "postmaster.pid"
    left_behind = status.read_text()
    os.kill(server.pid, signal.SIGKILL)
    status.write_text(left_behind.replace(str(server.pid), str(other.pid), 1))
    assert ask(start_postgres(state).uri, "SELECT 1") == [(1,)]


PARENT = """
import sys
from pathlib import Path
from local import postgres
print(postgres.start(Path(sys.argv[1]), fsync=False).pid, flush=True)
sys.stdin.read()
"""


def test_it_dies_with_a_killed_parent_and_lets_the_next_one_start(
    start_postgres: StartPostgres, state: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        parent.kill()
    assert ask(start_postgres(state).uri, "SELECT 1") == [(1,)]
    await_end(server)


def test_an_interrupted_setup_is_done_again(start_postgres: StartPostgres, state: Path) -> None:
    (state / "data.new" / "base").mkdir(parents=True)
    assert ask(start_postgres(state).uri, "SELECT 1") == [(1,)]


def test_several_servers_run_side_by_side(
    start_postgres: StartPostgres, state: Path, server: RunningPostgres
) -> None:
    servers = [server, start_postgres(state)]
    for number, each in enumerate(servers):
        do(each.uri, f"CREATE TABLE own AS SELECT {number} AS i")
    assert [ask(each.uri, "SELECT i FROM own") for each in servers] == [[(0,)], [(1,)]]


def test_stopping_ends_open_sessions_and_is_allowed_twice(
    start_postgres: StartPostgres, state: Path
) -> None:
    server = start_postgres(state)
    with postgresql.connect(server.uri, autocommit=True):
        server.stop()
    server.stop()
    assert server.process.returncode == 0
