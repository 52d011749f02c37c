"""Where job runs are kept: one row of JSON each in SQLite, which survives a kill."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import RLock

import msgspec

from local.databricks.errors import no_such_run
from local.databricks.runs import JobRun

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL, token TEXT, active INTEGER NOT NULL,
    body BLOB NOT NULL, UNIQUE (job_id, token)
);
CREATE TABLE IF NOT EXISTS ids (next INTEGER NOT NULL);
INSERT INTO ids SELECT 1001 WHERE NOT EXISTS (SELECT 1 FROM ids);
"""


class Store:
    """All runs of a workspace. One caller at a time; every call is a transaction."""

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        self._rows = sqlite3.connect(path, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.executescript(_SCHEMA)

    def open(self, make: Callable[[int], JobRun], *, job_id: int, token: str | None) -> JobRun:
        """Give the run that has this token, else make one from how many of the job are active."""
        with self._lock, self._rows:
            known = self._rows.execute(
                "SELECT body FROM runs WHERE job_id = ? AND token = ?", (job_id, token)
            ).fetchone()
            if known is not None:
                return _read(known)
            [active] = self._rows.execute(
                "SELECT count(*) FROM runs WHERE job_id = ? AND active", (job_id,)
            ).fetchone()
            run = make(active)
            self._rows.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?)",
                (run.run_id, job_id, token, run.is_active, msgspec.json.encode(run)),
            )
            return run

    def new_ids(self, count: int) -> list[int]:
        """Draw numbers that nothing else has."""
        with self._lock, self._rows:
            [first] = self._rows.execute(
                "UPDATE ids SET next = next + ? RETURNING next - ?", (count, count)
            ).fetchone()
            return list(range(first, first + count))

    def run(self, run_id: int) -> JobRun:
        """Give a run. Raises Refused if there is none."""
        with self._lock:
            found = self._rows.execute(
                "SELECT body FROM runs WHERE run_id = ?", (run_id,)
            ).fetchone()
        if found is None:
            raise no_such_run(run_id)
        return _read(found)

    def runs(self, *, active: bool = False) -> list[JobRun]:
        """List all runs, or those that have not ended."""
        wanted = "SELECT body FROM runs WHERE active OR NOT ? ORDER BY run_id"
        with self._lock:
            return [_read(row) for row in self._rows.execute(wanted, (active,))]

    def change(self, run_id: int, step: Callable[[JobRun], JobRun]) -> JobRun:
        """Apply a step to a run. Raises Refused if there is none, or what the step raises."""
        with self._lock, self._rows:
            run = step(self.run(run_id))
            self._rows.execute(
                "UPDATE runs SET active = ?, body = ? WHERE run_id = ?",
                (run.is_active, msgspec.json.encode(run), run_id),
            )
            return run

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()


def _read(row: tuple[bytes]) -> JobRun:
    return msgspec.json.decode(row[0], type=JobRun)
