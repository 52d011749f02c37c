"""dlt: `sql_table` with `incremental`, merged by key into DuckDB, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local.anomalies.declared import KEY, Declared
from local.anomalies.gate import Gate
from local.anomalies.subject import NotOffered, Refusal
from local.anomalies.subjects.beside import Beside
from local.stack import REPOSITORY

_MODULE = "local.anomalies.subjects.dlt_worker"
_ENVIRON = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
_TAIL = 500


class WorkerDied(Exception):
    """The process of dlt ended without an answer."""


class Worker:
    """One process of dlt; `folder` is its working directory, which outlives it."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = folder / "worker.err"
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MODULE, str(folder)],
                cwd=REPOSITORY,
                env={**os.environ, **_ENVIRON, **environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    def ask(self, order: Mapping[str, object]) -> dict[str, Any]:
        """Give an order and wait for its answer. Raises Refusal, WorkerDied."""
        process = self._process
        line = ""
        # A process that is killed meanwhile leaves a broken pipe, or one that is closed by then.
        with suppress(BrokenPipeError, ValueError):
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
        if not line:
            raise WorkerDied(self._errors.read_text()[-_TAIL:])
        answer = json.loads(line)
        if "refused" in answer:
            raise Refusal(*answer["refused"])
        return answer

    def kill(self) -> None:
        """Kill it where it stands, and wait; killing twice is allowed."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@dataclass(slots=True, kw_only=True)
class DltSubject:
    """dlt with its defaults, or `tuned` as its documents advise for late and unset cursors."""

    folder: Path
    tuned: bool = False
    reads_like: str = "^(SELECT|FETCH)"
    takes_turns: bool = False
    _environ: Mapping[str, str] = field(default_factory=dict[str, str])
    _worker: Worker | None = None
    _numbers: count[int] = field(default_factory=lambda: count(0))

    @property
    def name(self) -> str:
        """Its name in results."""
        return "dlt_tuned" if self.tuned else "dlt"

    @property
    def title(self) -> str:
        """Its name in tables."""
        return "dlt, tuned" if self.tuned else "dlt"

    def prepare(self, declared: Declared) -> DltCopy:
        """Give a copy; dlt needs nothing beforehand."""
        return DltCopy(subject=self, declared=declared)

    def worker(self) -> Worker:
        """Give the worker that does one load after the other."""
        if self._worker is None:
            self._worker = Worker(self.folder / "worker", self._environ)
        return self._worker

    def fresh_worker(self) -> Worker:
        """Begin another worker with an empty working directory, as in a new container."""
        return Worker(self.folder / f"worker-{next(self._numbers)}", self._environ)

    def kill(self) -> None:
        """Kill the worker; the next load begins another on the same working directory."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def peak_bytes(self) -> int | None:
        """Not measured."""
        return None

    @contextmanager
    def in_zone(self, zone: str) -> Generator[None]:
        """Run the worker with TZ set."""
        self.kill()
        self._environ = {"TZ": zone}
        try:
            yield
        finally:
            self.kill()
            self._environ = {}

    @contextmanager
    def repeating(self) -> Generator[None]:
        """It has no activities."""
        raise NotOffered("no activity is repeated")
        yield

    def close(self) -> None:
        """Stop the worker."""
        self.kill()


@dataclass(slots=True, kw_only=True)
class DltCopy:
    """One pipeline with a DuckDB file of its own."""

    subject: DltSubject
    declared: Declared

    def load(self) -> None:
        """Run the pipeline."""
        self.subject.worker().ask(self._order("load"))

    def start_load(self) -> Beside:
        """Run it in a new container, which takes the state from the destination."""
        return self._elsewhere(self._order("load"))

    def backfill(self, start: str, end: str) -> None:
        """Run it with `initial_value` and `end_value`, which leave the state alone."""
        self.subject.worker().ask(self._backfill(start, end))

    def start_backfill(self, start: str, end: str) -> Beside:
        """Run it so in a new container."""
        return self._elsewhere(self._backfill(start, end))

    def reconcile(self) -> None:
        """Nothing of the kind is offered; `replace` loads the whole table anew."""
        raise NotOffered("reconciliation")

    def accept_restored(self) -> None:
        """It never notices."""

    def crash_while_reading(self, gate: Gate) -> str:
        """Kill the process while it reads."""
        gate.close()
        dying = Beside(self.load)
        gate.await_reader(lambda: dying.join(0.0))
        self.subject.kill()
        gate.open()
        self._expect_death(dying.wait)
        self.load()
        return "kill -9 of its process while it read, run again"

    def crash_after_landing(self) -> str | None:
        """Kill the process when the rows are merged, before dlt records that the package is loaded."""
        self._expect_death(lambda: self.subject.worker().ask(self._order("load", die=True)))
        self.subject.kill()
        self.load()
        return "kill -9 of its process between merging and recording, run again"

    def current_state(self) -> pa.Table:
        """Read the table in DuckDB."""
        file = self._database.with_suffix(".parquet")
        file.unlink(missing_ok=True)
        self.subject.worker().ask(self._order("export", to=str(file)))
        return pq.read_table(file) if file.exists() else _nothing()

    def images(self) -> pa.Table:
        """Read the files of all load packages that were loaded, of every worker."""
        packages = f"*/{self.declared.schema}/load/loaded/*/completed_jobs"
        files = self.subject.folder.glob(f"{packages}/{self.declared.table}.*.parquet")
        tables = [pq.read_table(file, partitioning=None) for file in files]
        return pa.concat_tables([_nothing(), *tables], promote_options="permissive")

    def published_twice(self) -> int:
        """It makes no promise about images."""
        return 0

    def state_bytes(self) -> int:
        """Measure the pipeline's state of its sources."""
        return int(self.subject.worker().ask(self._order("state"))["bytes"])

    @property
    def _database(self) -> Path:
        return self.subject.folder / f"{self.declared.schema}.duckdb"

    def _elsewhere(self, order: Mapping[str, object]) -> Beside:
        worker = self.subject.fresh_worker()

        def run() -> None:
            try:
                worker.ask(order)
            finally:
                worker.kill()

        return Beside(run)

    def _backfill(self, start: str, end: str) -> dict[str, object]:
        return self._order("load", period={"initial_value": start, "end_value": end})

    def _order(self, do: str, **more: object) -> dict[str, object]:
        settings: dict[str, object] = {}
        if self.subject.tuned:
            settings["on_cursor_value_missing"] = "include"
            if self.declared.kind == "timestamp":
                settings["lag"] = self.declared.lag_seconds
        return {
            "do": do,
            "table": asdict(self.declared),
            "key": KEY,
            "database": str(self._database),
            "settings": settings,
            **more,
        }

    @staticmethod
    def _expect_death(load: Any) -> None:
        try:
            load()
        except WorkerDied:
            return
        raise WorkerDied("it did not die")


def _nothing() -> pa.Table:
    return pa.table({KEY: pa.array([], pa.int64())})
