"""The host's one SQLite file: what must survive `kill -9`."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# AUTOINCREMENT where a number must never come back: activities are claimed in
# the order of their numbers, each exactly once per life of the host.
SCHEMA = """
create table if not exists instances (
    id text primary key, execution text not null, name text not null, version text,
    input text not null, status text not null, output text, custom_status text,
    created_at real not null, updated_at real not null,
    parent text, parent_execution text, parent_task integer
);
create index if not exists instances_by_creation on instances (created_at, id);
create index if not exists instances_by_parent on instances (parent, parent_execution);
create table if not exists history (
    instance text not null, position integer not null, event text not null,
    primary key (instance, position)
) without rowid;
create table if not exists inbox (
    number integer primary key autoincrement, instance text not null, execution text,
    due_at real not null, task integer, event text not null
);
create index if not exists inbox_by_instance on inbox (instance, due_at, number);
create table if not exists activities (
    number integer primary key autoincrement, instance text not null, execution text not null,
    task integer not null, name text not null, input text not null
);
create index if not exists activities_by_instance on activities (instance);
create table if not exists schedules (
    function text primary key, expression text not null,
    last_at real, next_at real not null, updated_at real not null
);
"""


class Database:
    """One connection, shared by all threads; every use of it is short.

    Write-ahead log without a sync per commit: a killed process loses nothing, a
    machine that loses power may lose the last moments.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All of the block's statements or none; nobody else's in between."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def change(self, sql: str, *values: Any) -> None:
        """Run one statement."""
        with self._lock:
            self._connection.execute(sql, values)

    def change_many(self, sql: str, values: list[tuple[Any, ...]]) -> None:
        """Run one statement for every tuple of values."""
        with self._lock:
            self._connection.executemany(sql, values)

    def close(self) -> None:
        """Close the file; later uses raise sqlite3.ProgrammingError."""
        with self._lock:
            self._connection.close()
