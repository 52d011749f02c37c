"""The replaced Data Factory pipeline: its logic, step by step, on the same PostgreSQL.

Copy `select * where cursor > last` to a new file; if it holds rows, read `MAX(cursor)` of the whole
table and write that down as the new watermark. Its current state is a merge by key of all files in
the order of their landing.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

from local.anomalies.declared import KEY, Declared
from local.anomalies.gate import Gate
from local.anomalies.subject import NotOffered
from local.anomalies.subjects.beside import Beside
from local.oracle.current import count_up

# The hand-made `cdc.json` of a table that was never loaded.
_BEGINNINGS = {"timestamp": "1900-01-01", "date": "1900-01-01", "integer": "0"}


@dataclass(slots=True, kw_only=True)
class SeedSubject:
    """The pipeline, with its files below `folder`."""

    folder: Path
    name: str = "seed"
    title: str = "Data Factory"
    reads_like: str = r"^COPY.*select \* from"
    takes_turns: bool = False

    def prepare(self, declared: Declared) -> SeedCopy:
        """Lay down the `cdc.json` that the pipeline needs before its first run."""
        folder = self.folder / declared.schema
        folder.mkdir(parents=True)
        copy = SeedCopy(folder=folder, declared=declared)
        copy.watermark.write_text(_BEGINNINGS[declared.kind])
        return copy

    def peak_bytes(self) -> int | None:
        """It runs in the suite's own process."""
        return None

    @contextmanager
    def in_zone(self, zone: str) -> Generator[None]:  # noqa: ARG002 - the database does all its work
        """Its values go from the database to the file and back as text; no worker's clock is asked."""
        yield

    @contextmanager
    def repeating(self) -> Generator[None]:
        """Data Factory runs an activity once; `retry` is 0."""
        raise NotOffered("no activity is repeated")
        yield

    def close(self) -> None:
        """Nothing runs."""


@dataclass(slots=True, kw_only=True)
class SeedCopy:
    """The files of one table, numbered in the order in which they landed."""

    folder: Path
    declared: Declared
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def watermark(self) -> Path:
        """Where the last `MAX` is kept."""
        return self.folder / "cdc.json"

    def load(self) -> None:
        """Run the pipeline once."""
        self._run(self.watermark.read_text())

    def start_load(self) -> Beside:
        """Run it beside others; each has read the watermark when it begins."""
        last = self.watermark.read_text()
        return Beside(lambda: self._run(last))

    def backfill(self, start: str, end: str) -> None:  # noqa: ARG002 - it has no end
        """Run it with `from_date`: it has no upper bound, and moves the watermark like any other run."""
        self._run(start)

    def start_backfill(self, start: str, end: str) -> Beside:
        """Run it beside others."""
        return Beside(lambda: self.backfill(start, end))

    def reconcile(self) -> None:
        """The pipeline has nothing of the kind."""
        raise NotOffered("reconciliation")

    def accept_restored(self) -> None:
        """The pipeline never notices."""

    def crash_while_reading(self, gate: Gate) -> str:
        """Stop in the copy: nothing has landed, and the next run does it again."""
        gate.open()
        self.load()
        return "stopped in the copy, run again"

    def crash_after_landing(self) -> str | None:
        """Stop between the copy and the watermark."""
        self._copy(self.watermark.read_text())
        self.load()
        return "stopped between its two steps, run again"

    def current_state(self) -> pa.Table:
        """Merge all files by key: the row that landed last counts."""
        images = self.images()
        numbered = images.append_column("_at", count_up(images.num_rows))
        last = numbered.select([KEY, "_at"]).group_by(KEY).aggregate([("_at", "max")])
        return images.take(last["_at_max"])

    def images(self) -> pa.Table:
        """Give the rows of all files, in the order of their landing."""
        files = sorted(self.folder.glob("*.parquet"))
        empty = pa.table({KEY: pa.array([], pa.int64())})
        tables = [pq.read_table(file) for file in files]
        return pa.concat_tables([empty, *tables], promote_options="permissive")

    def published_twice(self) -> int:
        """It makes no promise about images."""
        return 0

    def state_bytes(self) -> int:
        """Measure `cdc.json`."""
        return len(self.watermark.read_bytes())

    def _run(self, last: str) -> None:
        if self._copy(last) > 0:
            self.watermark.write_text(self._highest())

    def _copy(self, last: str) -> int:
        declared = self.declared
        # `last` is put into the text, as the pipeline does.
        rows = self._read(
            f"select * from {declared.schema}.{declared.table} where {declared.cursor} > '{last}'"
        )
        if rows.num_rows:
            pq.write_table(rows, self.folder / f"{next(self._numbers):06d}.parquet")
        return rows.num_rows

    def _highest(self) -> str:
        declared = self.declared
        rows = self._read(
            f"select MAX({declared.cursor})::text as cdc from {declared.schema}.{declared.table}"
        )
        return str(rows["cdc"][0].as_py())

    def _read(self, sql: str) -> pa.Table:
        with (
            closing(dbapi.connect(self.declared.uri)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            return cursor.fetch_arrow_table()
