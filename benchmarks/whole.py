"""Tidemark as a whole: the embedded stack with tables that lie in one source, and loads that are seen through."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.peers import odbc_address
from benchmarks.played import CURSOR, NAME
from benchmarks.usage import BenchmarkFailed, Cost, Watch
from local.anomalies.subjects.orders import Orders
from local.stack_process import StackProcess

_FINAL: Final = frozenset({"succeeded", "failed", "cancelled"})
# Asking how far it is costs the same process some milliseconds; when it ended, the order says.
_POLL_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 4 * 3600
_SETTINGS: Final = {"adbc": "BENCH_URI", "odbc": "BENCH_ODBC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one order took of the worker's process, and what it landed."""

    cost: Cost
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the table: over which driver, and in slices of how many rows, so many at once."""

    name: str
    driver: str
    rows: int
    parallel: int


class Whole:
    """A stack of its own below a folder. Its one process is host, worker and orchestrators."""

    def __init__(self, folder: Path, uri: str) -> None:
        environ = {_SETTINGS["adbc"]: uri, _SETTINGS["odbc"]: odbc_address(uri)}
        self._stack = StackProcess(
            state=folder / "state",
            tables=folder / "tables",
            environ=environ,
            launcher=("-m", "benchmarks.serve"),
        )
        self._orders = Orders(lambda: self._stack.url)
        (folder / "tables").mkdir(parents=True)

    def start(self) -> None:
        """Start it."""
        self._stack.start()

    def stop(self) -> None:
        """End it."""
        self._stack.stop()

    @property
    def pid(self) -> int:
        """The worker's process."""
        if self._stack.pid is None:
            raise BenchmarkFailed("the stack does not run")
        return self._stack.pid

    def declare(self, way: Way) -> None:
        """Write a source of the name of the way, with the table in it."""
        slices = {"rows": way.rows, "parallel": way.parallel}
        table = {
            "table": f"public.{NAME}",
            "key": ["id"],
            "watermark": {"column": CURSOR, "kind": "timestamp", "clock": "utc"},
            "slices": slices,
        }
        self.write_source(way.name, [table], driver=way.driver)

    def write_source(
        self, name: str, tables: Sequence[Mapping[str, Any]], *, driver: str = "adbc"
    ) -> None:
        """Write a table file."""
        source = {
            "name": name,
            "kind": "sql",
            "engine": "postgresql",
            "connection": f"${{{_SETTINGS[driver]}}}",
            "max_connections": 8,
        }
        document = {"source": source, "tables": [*tables]}
        (self._stack.tables / f"{name}.yml").write_text(json.dumps(document))

    def set_watermark(self, table: str, position: str) -> None:
        """Set a table's watermark by hand, whatever lies below it.

        Raises:
            BenchmarkFailed: it was refused.
        """
        body = {"position": position, "reason": "measured", "skip": True}
        answer = httpx.put(f"{self._stack.url}/api/tables/{table}/watermark", json=body, timeout=60)
        if not answer.is_success:
            raise BenchmarkFailed(answer.text)

    def load(self, tables: Sequence[str], *, mode: str = "incremental") -> Loaded:
        """Order a load of tables of the catalogue, see it through and say what it took.

        Raises:
            BenchmarkFailed: it did not succeed.
        """
        watch = Watch(self.pid)
        began = datetime.now().astimezone()
        order_id = self._orders.place("/api/loads", {"tables": [*tables], "mode": mode})
        self._await_end(order_id, _POLL_SECONDS * (1 if len(tables) == 1 else 10))
        cost = watch.cost()
        order = self._orders.view(order_id)
        if order["state"] != "succeeded":
            raise BenchmarkFailed(json.dumps(order)[:2000])
        clock = (datetime.fromisoformat(order["ended_at"]) - began).total_seconds()
        return Loaded(
            cost=Cost(clock=clock, cpu=cost.cpu, memory=cost.memory),
            rows=sum(table["rows"] for table in order["tables"]),
            bytes=sum(table["bytes"] for table in order["tables"]),
        )

    def _await_end(self, order_id: str, pause_seconds: float) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while self._orders.view(order_id)["state"] not in _FINAL:
            if time.monotonic() > end:
                raise BenchmarkFailed(f"waited in vain for the end of {order_id}")
            time.sleep(pause_seconds)

    def load_way(self, way: Way) -> Loaded:
        """Load the whole table by a way, and take from the disk what landed."""
        loaded = self.load([f"{way.name}/public.{NAME}"], mode="initial")
        shutil.rmtree(self._stack.lake / "bronze" / way.name)
        return loaded


def host_name() -> str:
    """Say in a few words what all this runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory"
