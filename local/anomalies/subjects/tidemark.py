"""Tidemark: the real stack through its HTTP API; its current state by the bronze contract."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from local.anomalies.declared import KEY, Declared
from local.anomalies.gate import Gate
from local.anomalies.subject import CopyBroken
from local.anomalies.subjects.beside import Beside
from local.anomalies.subjects.orders import Orders
from local.anomalies.subjects.stack import Stack
from local.anomalies.waiting import await_true
from local.oracle.bronze import survey
from local.oracle.current import BRONZE_COLUMNS, Current, find_current, list_parts

_SETTING = "ANOMALIES_DB"
_TWICE = {"FUNCTIONS_HOST_ACTIVITIES_TWICE": "1"}


@dataclass(slots=True, kw_only=True)
class TidemarkSubject:
    """A stack of its own below `folder`, started at once; it reads the source by the login `uri`."""

    folder: Path
    uri: str
    name: str = "tidemark"
    title: str = "Tidemark"
    reads_like: str = "^COPY"
    takes_turns: bool = True
    stack: Stack = field(init=False)
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        self.stack = Stack(
            state=self.folder / "state",
            tables=self.folder / "tables",
            environ={_SETTING: self.uri},
        )
        self.orders = Orders(lambda: self.stack.url)
        self.stack.start()

    def prepare(self, declared: Declared) -> TidemarkCopy:
        """Write the table's file."""
        document = {
            "source": {
                "name": declared.schema,
                "kind": "sql",
                "engine": "postgresql",
                "connection": f"${{{_SETTING}}}",
            },
            "tables": [_table(declared)],
        }
        file = self.stack.tables / f"{declared.schema}.yml"
        file.with_suffix(".new").write_text(json.dumps(document, indent=1))
        file.with_suffix(".new").replace(file)
        return TidemarkCopy(declared=declared, stack=self.stack, orders=self.orders)

    def peak_bytes(self) -> int | None:
        """Measure the stack's process: host, workers and orchestrators in one."""
        return self.stack.peak_bytes()

    @contextmanager
    def in_zone(self, zone: str) -> Generator[None]:
        """Run the stack with TZ set."""
        with self._restarted({"TZ": zone}):
            yield

    @contextmanager
    def repeating(self) -> Generator[None]:
        """Let the host run every activity twice, as after a redelivery, and drop the second answer."""
        with self._restarted(_TWICE):
            yield

    def close(self) -> None:
        """Stop the stack."""
        self.stack.stop()

    @contextmanager
    def _restarted(self, environ: Mapping[str, str]) -> Generator[None]:
        self.stack.stop()
        self.stack.start(environ)
        try:
            yield
        finally:
            self.stack.stop()
            self.stack.start()


def _table(declared: Declared) -> dict[str, object]:
    watermark = {
        "column": declared.cursor,
        "kind": declared.kind,
        "assigned": declared.assigned,
        **({"future": declared.future} if declared.kind != "integer" else {}),
    }
    return {
        "table": f"{declared.schema}.{declared.table}",
        "key": [KEY],
        "watermark": watermark,
        "settle": f"{declared.margin_seconds}s",
        **({"slices": {"rows": declared.slice_rows}} if declared.slice_rows else {}),
    }


@dataclass(slots=True, kw_only=True)
class TidemarkCopy:
    """One table."""

    declared: Declared
    stack: Stack
    orders: Orders

    @property
    def table(self) -> str:
        """Its full name."""
        return f"{self.declared.schema}/{self.declared.schema}.{self.declared.table}"

    @property
    def folder(self) -> Path:
        """Where its runs lie."""
        place = f"bronze/{self.declared.schema}/{self.declared.schema}.{self.declared.table}"
        return self.stack.lake / place

    def load(self) -> None:
        """Order a load and wait."""
        self.orders.carry_out("/api/loads", {"tables": [self.table]})

    def start_load(self) -> Beside:
        """Order a load; if one runs already, this one waits for its turn."""
        return Beside(self.load)

    def backfill(self, start: str, end: str) -> None:
        """Order a backfill and wait."""
        body = {"table": self.table, "from": start, "to": end, "window": "1d"}
        self.orders.carry_out("/api/backfills", body)

    def start_backfill(self, start: str, end: str) -> Beside:
        """Order a backfill."""
        return Beside(lambda: self.backfill(start, end))

    def reconcile(self) -> None:
        """Compare every row with the source, and repair."""
        self.orders.carry_out("/api/reconciliations", {"table": self.table, "compare": "rows"})

    def accept_restored(self) -> None:
        """Load a snapshot, which replaces all that was landed before."""
        self.orders.carry_out("/api/loads", {"tables": [self.table], "mode": "snapshot"})

    def crash_while_reading(self, gate: Gate) -> str:
        """Kill the stack while a slice is read."""
        gate.close()
        order_id = self.orders.place("/api/loads", {"tables": [self.table]})
        gate.await_reader()
        self.stack.kill()
        gate.open()
        self.stack.start()
        self.orders.finish(order_id)
        return "kill -9 of the whole stack while a slice was read; the same order went on"

    def crash_after_landing(self) -> str | None:
        """Kill the stack as soon as the run's folder has appeared in bronze."""
        before = set(self.folder.glob("run_id=*"))
        order_id = self.orders.place("/api/loads", {"tables": [self.table]})
        await_true(
            lambda: set(self.folder.glob("run_id=*")) != before, "the run", poll_seconds=0.001
        )
        self.stack.kill()
        in_time = not self.stack.has_done("advance_watermark", order_id)
        self.stack.start()
        self.orders.finish(order_id)
        return "kill -9 of the whole stack between publishing and recording" if in_time else None

    def current_state(self) -> pa.Table:
        """Read bronze by its contract."""
        bronze = survey(self.folder)
        if bronze.faults:
            raise CopyBroken("; ".join(bronze.faults))
        found = self._current()
        kinds = {
            field.name: field.type
            for part in found.parts
            for field in part.schema
            if part.counts and field.name not in BRONZE_COLUMNS
        }
        if not kinds:
            return found.keys
        columns = [found.column(name, kind) for name, kind in kinds.items()]
        return pa.table(columns, names=list(kinds))

    def images(self) -> pa.Table:
        """Read every file of every run."""
        parts = list_parts(survey(self.folder))
        tables = [pq.read_table(part.path, partitioning=None) for part in parts]
        empty = pa.table({KEY: pa.array([], pa.int64())})
        return pa.concat_tables([empty, *tables], promote_options="permissive")

    def published_twice(self) -> int:
        """Count keys of which one image has the same run number and time of reading more than once."""
        return self._current().doubled.num_rows

    def state_bytes(self) -> int:
        """Measure the table's turn, watermark and history in Table Storage."""
        return self.stack.remembered_bytes(self.declared.schema)

    def _current(self) -> Current:
        parts = list_parts(survey(self.folder))
        return find_current(parts, pa.schema([pa.field(KEY, pa.int64())]))
