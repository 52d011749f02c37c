"""A standby stands where its replay has come to, and a server that was promoted is another."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from local import postgres
from local.postgres import RunningPostgres
from shared.adapters.postgresql import connect
from shared.catalog.spec import CursorSpec, TableSpec
from shared.loading.bound import find_bound
from shared.loading.cursor import cursor_type
from tests.contracts.source.conftest import Database

CURSOR = cursor_type("timestamp", resolution="0.000001", zoned=True)
ASSIGNED = CursorSpec(kind="timestamp", column="at", assigned="database")


@pytest.fixture(scope="module")
def standby(server: RunningPostgres, state: Path) -> Iterator[RunningPostgres]:
    """A standby of the server, copied and following it."""
    programs = postgres.find_programs()
    with tempfile.TemporaryDirectory(prefix="tidemark-standby-") as folder:
        place = Path(folder)
        copy = [programs / "pg_basebackup", "-D", place / "data", "-R", "-c", "fast"]
        subprocess.run([*copy, "-d", server.uri], check=True, capture_output=True)
        owner = (state / "data").stat()
        for path in (place / "data", *(place / "data").rglob("*")):
            shutil.chown(path, owner.st_uid, owner.st_gid)
        running = postgres.start(place, fsync=False)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
def follower(standby: RunningPostgres, database: Database) -> Iterator[Database]:
    """The same schema, as the standby has it."""
    with closing(Database(standby.uri, database.schema, database.driver)) as made:
        yield made


def spec_of(database: Database) -> TableSpec:
    return replace(database.spec("events", "timestamp", "at"), cursor=ASSIGNED)


def await_value(database: Database, sql: str) -> None:
    while not database.ask(sql)[0][0]:
        pass


def test_a_row_that_a_lagging_standby_replays_late_lies_above_the_bound(
    database: Database, follower: Database
) -> None:
    """Its clock has gone on meanwhile, for longer than the margin."""
    database.run("CREATE TABLE events (id int, at timestamptz DEFAULT now())")
    database.run("INSERT INTO events VALUES (1)")
    await_value(follower, f"SELECT to_regclass('{database.schema}.events') IS NOT NULL")
    await_value(follower, "SELECT count(*) FROM events")
    follower.run("SELECT pg_wal_replay_pause()")
    await_value(follower, "SELECT pg_get_wal_replay_pause_state() = 'paused'")
    try:
        database.run("INSERT INTO events VALUES (2)")
        database.run("SELECT pg_sleep(2)")
        with connect(follower.address) as session:
            seen = session.observe(spec_of(follower))
    finally:
        follower.run("SELECT pg_wal_replay_resume()")
    bound = find_bound(ASSIGNED, CURSOR, seen, settle=timedelta(seconds=1), before=None)
    assert (bound.how, bound.held_back_by) == (
        "settled",
        "replay of the primary's log, its last commit",
    )
    assert bound.value is not None
    late = str(database.ask("SELECT at::text FROM events WHERE id = 2")[0][0])
    assert CURSOR.parse(bound.value) < CURSOR.parse(late)


def test_a_standby_tells_the_server_that_it_copies_until_it_is_promoted(
    database: Database, follower: Database
) -> None:
    database.run("CREATE TABLE events (id int, at timestamptz)")
    await_value(follower, f"SELECT to_regclass('{database.schema}.events') IS NOT NULL")
    with connect(database.address) as session, connect(follower.address) as other:
        assert session.shape(spec_of(database)).identity == other.shape(spec_of(follower)).identity
