"""Measures events: how many a second, what one costs, and how long from an event to bronze.

    python -m benchmarks.events [--events 10000] [--tables 20] [--probes 30] [--json FILE]

Runs the whole stack on a PostgreSQL of its own. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

import httpx
from adbc_driver_postgresql import dbapi

from local import postgres
from local.stack_process import StackProcess
from shared.operations.events import TableChanged
from shared.runtime import wiring
from shared.runtime.settings import Settings

SETTING = "BENCHMARK_DB"
BURST, SENDERS, COPIES = 40, 8, 0.3
_HEAD = f'source: {{name: shop, kind: sql, engine: postgresql, connection: "${{{SETTING}}}"}}\n'
_TABLE = (
    "  - {{table: public.{name}, key: [id], watermark: {{column: updated_at, kind: timestamp}}, "
    "settle: 1s, debounce: {debounce}}}\n"
)
_CREATE = (
    "CREATE TABLE {name} (id bigserial PRIMARY KEY, note text, "
    "updated_at timestamp(6) DEFAULT clock_timestamp()); INSERT INTO {name} (note) VALUES ('old')"
)


@dataclass(slots=True, kw_only=True)
class Bench:
    """A stack with its source, and what was measured of it."""

    stack: StackProcess
    uri: str
    measured: dict[str, Any] = field(default_factory=dict[str, Any])

    def note(self, name: str, found: dict[str, Any]) -> None:
        """Keep what was measured, and say so at once."""
        self.measured[name] = found
        print(f"{name}: {found}", file=sys.stderr, flush=True)  # noqa: T201 - progress

    def execute(self, sql: str) -> None:
        """Run statements at the source, committed together."""
        with closing(dbapi.connect(self.uri)) as connection, connection.cursor() as cursor:
            cursor.executescript(sql)
            connection.commit()

    def post(self, events: Sequence[dict[str, Any]]) -> None:
        """Deliver events. Raises HTTPStatusError unless they are acknowledged."""
        httpx.post(
            f"{self.stack.url}/runtime/webhooks/eventgrid?functionName=on_data_changed",
            headers={"aeg-event-type": "Notification"},
            json=list(events),
            timeout=120,
        ).raise_for_status()

    def table(self, name: str) -> Any:
        """Show a table as the API does."""
        return httpx.get(f"{self.stack.url}/api/tables/shop/public.{name}", timeout=60).json()

    def await_served(self, names: Sequence[str]) -> None:
        """Wait until nothing that was asked of these tables is left."""
        for name in names:
            view = self.table(name)
            while view["loading"] is not None or view["requested"] != view["served"]:
                time.sleep(0.1)
                view = self.table(name)


def event(table: str, number: int) -> dict[str, Any]:
    """Tell of a changed table as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "/benchmark",
        "type": "Tidemark.TableChanged",
        "subject": f"shop/public.{table}",
    }


def measure_burst(bench: Bench, names: Sequence[str], count: int) -> None:
    """Deliver events, some of them twice, as fast as they are acknowledged."""
    chance = Random(7)  # noqa: S311 - repeatable
    distinct = [event(names[n % len(names)], n) for n in range(round(count * (1 - COPIES)))]
    sent = distinct + chance.choices(distinct, k=count - len(distinct))
    chance.shuffle(sent)
    bursts = [sent[start : start + BURST] for start in range(0, count, BURST)]
    cpu, began = cpu_seconds(bench.stack.pid or 0), time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as threads:
        list(threads.map(bench.post, bursts))
    took = time.perf_counter() - began
    spent = cpu_seconds(bench.stack.pid or 0) - cpu
    bench.await_served(names)
    runs = [len(bench.table(name)["runs"]) for name in names]
    bench.note(
        "burst",
        {
            "events": count,
            "tables": len(names),
            "seconds": round(took, 2),
            "events_per_second": round(count / took),
            "host_cpu_ms_per_event": round(1000 * spent / count, 3),
            "most_runs_of_a_table": max(runs),
        },
    )


def measure_unit(bench: Bench, names: Sequence[str]) -> None:
    """Count what an event costs a worker that does nothing else: CPU, and requests to Table Storage."""
    shown = json.loads((bench.stack.state / "stack.json").read_text())
    environ = {**shown, SETTING: bench.uri}
    app = wiring.build(Settings.from_env(environ), environ)
    counter = _Counter()
    logger = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")
    logger.addHandler(counter)
    logger.setLevel(logging.INFO)
    found: dict[str, Any] = {}
    for batch in (1, 10, 100, 400):
        counter.requests, total = 0, max(batch, 100)
        cpu = time.process_time()
        for start in range(0, total, batch):
            app.inbox.take_in(
                [
                    TableChanged(
                        origin=f"/unit/{batch}",
                        id=str(n),
                        table=f"shop/public.{names[n % len(names)]}",
                    )
                    for n in range(start, start + batch)
                ]
            )
        found[str(batch)] = {
            "cpu_ms": round(1000 * (time.process_time() - cpu) / total, 3),
            "requests": round(counter.requests / total, 3),
        }
    logger.removeHandler(counter)
    logger.setLevel(logging.WARNING)
    bench.note("unit_by_batch", found)


def measure_latency(bench: Bench, name: str, probes: int) -> None:
    """Change one row, tell of it, and wait until its run is in bronze."""
    folder = bench.stack.lake / "bronze" / "shop" / f"public.{name}"
    taken: list[float] = []
    for number in range(probes):
        before = _published(folder)
        bench.execute(f"INSERT INTO {name} (note) VALUES ('probe {number}')")
        began = time.perf_counter()
        bench.post([event(name, 10**6 + number)])
        while _published(folder) == before:
            time.sleep(0.005)
        taken.append(time.perf_counter() - began)
        bench.await_served([name])
    cuts = quantiles(taken, n=20)
    bench.note(
        "event_to_bronze",
        {
            "probes": probes,
            "p50_seconds": round(median(taken), 3),
            "p95_seconds": round(cuts[-1], 3),
            "load_average": round(os.getloadavg()[0], 1),
        },
    )


class _Counter(logging.Handler):
    """Counts the requests that the SDK says it sends."""

    requests = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.requests += str(record.msg).startswith("Request URL")


def _published(folder: Path) -> int:
    return sum(1 for _ in folder.glob("run_id=*/_manifest.json"))


def cpu_seconds(pid: int) -> float:
    """Give the CPU that a process has taken, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(events: int, tables: int, probes: int) -> dict[str, Any]:
    """Measure everything; give it by name."""
    names = [f"t{number:03d}" for number in range(tables)]
    # Not below the user's folders: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
        folder = Path(place)
        server = postgres.start(folder / "postgres", fsync=False)
        stack = StackProcess(
            state=folder / "state", tables=folder / "tables", environ={SETTING: server.uri}
        )
        try:
            bench = Bench(stack=stack, uri=server.uri)
            # What is asked for by a worker that starts nothing stays asked for: tables of its own.
            alone = [f"u{number:03d}" for number in range(tables)]
            every = (*names, *alone, "probed")
            bench.execute(";".join(_CREATE.format(name=name) for name in every))
            stack.tables.mkdir()
            lines = [_TABLE.format(name=name, debounce="10s") for name in (*names, *alone)]
            text = (
                _HEAD + "tables:\n" + "".join(lines) + _TABLE.format(name="probed", debounce="0s")
            )
            (stack.tables / "shop.yml").write_text(text)
            stack.start()
            bench.post([event("probed", 0)])
            bench.await_served(["probed"])
            measure_unit(bench, alone)
            measure_latency(bench, "probed", probes)
            measure_burst(bench, names, events)
        finally:
            stack.stop()
            server.stop()
    return bench.measured


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--tables", type=int, default=20)
    parser.add_argument("--probes", type=int, default=30)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    text = json.dumps(run(given.events, given.tables, given.probes), indent=2)
    print(text)  # noqa: T201 - the result
    if given.json:
        given.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
