"""Measures reconciliations of a large table: seconds, and the most memory that a worker took.

    python -m benchmarks.reconcile [--rows 5000000]

Builds a PostgreSQL table, loads it through the whole stack, damages it, and reconciles it: all keys as one
slice in a process that does nothing else, then through the stack. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from adbc_driver_postgresql import dbapi

from local import postgres
from shared.catalog import SliceSpec, TableSpec
from shared.extraction.planning import PlanBasis, make_plan
from shared.loading.order import TableOrder
from shared.loading.plan import LoadPlan
from shared.reconciliation.images import survey_images
from shared.reconciliation.slicing import SliceReconciliation, hashed_columns, scanned_columns
from shared.runtime import wiring

TABLE = "shop/public.orders"
ROWS = 5_000_000
SETTING = "BENCHMARK_DB"
_FILE = f"""
source: {{name: shop, kind: sql, engine: postgresql, connection: "${{{SETTING}}}"}}
tables:
  - {{table: public.orders, key: [id], watermark: {{column: updated_at, kind: timestamp}}, settle: 1s}}
"""
_CREATE = """
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer integer NOT NULL, amount numeric(12, 2), note text,
    paid boolean, updated_at timestamp(6) NOT NULL
);
INSERT INTO orders
SELECT n, n % 100003, (n % 1000000) / 100.0, 'order number ' || n, n % 3 = 0,
       timestamp '2026-01-01' + n * interval '1 second'
FROM generate_series(1, {rows}) AS n;
ANALYZE orders;
CHECKPOINT
"""
# A thousand rows of each sort that no cursor sees; each time others.
_DAMAGE = """
DELETE FROM orders WHERE id % 5000 = {which};
UPDATE orders SET note = note || '!' WHERE id % 5000 = {which} + 1;
INSERT INTO orders SELECT {which} * 100000000 + n, n, 1, 'backdated', true, '2026-01-01'
FROM generate_series(1, 1000) AS n
"""


def main() -> None:
    """Run everything, or with --slice the part that is measured alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--slice", choices=["keys", "rows"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.slice:
        say(**reconcile_slice(given.slice))
        return
    with tempfile.TemporaryDirectory(prefix="tidemark-benchmark-") as folder:
        # PostgreSQL runs as another user, who must pass through.
        Path(folder).chmod(0o755)
        measure(Path(folder), given.rows)


def measure(place: Path, rows: int) -> None:
    """Measure on a table of so many rows."""
    server = postgres.start(place / "postgres", fsync=False)
    try:
        run(server.uri, _CREATE.format(rows=rows))
        environ = {**os.environ, SETTING: server.uri}
        with stack(place, environ) as (process, api):
            seconds, order = timed(api, "/api/loads", {"tables": [TABLE]})
            say(step="load", seconds=seconds, rows=order["rows"], peak_mb=peak(process))
            given = environ | json.loads((place / "state" / "stack.json").read_text())
            for which, compare in enumerate(("keys", "rows"), 1):
                run(server.uri, _DAMAGE.format(which=which * 2))
                alone = [sys.executable, "-m", "benchmarks.reconcile", "--slice", compare]
                subprocess.run(alone, env=given, check=True)  # noqa: S603 - this very module
                forget_peak(process)
                body = {"table": TABLE, "compare": compare}
                seconds, order = timed(api, "/api/reconciliations", body)
                say(
                    step=f"stack, {compare}",
                    seconds=seconds,
                    **order["repairs"],
                    peak_mb=peak(process),
                )
    finally:
        server.stop()


def reconcile_slice(compare: str) -> dict[str, Any]:
    """Reconcile the whole table as one slice, and publish nothing."""
    app = wiring.app()
    spec = replace(app.table(TABLE), slices=SliceSpec(rows=1_000_000_000, parallel=1))
    started = time.monotonic()
    with app.sources.open(spec) as session:
        plan = make_plan(session, basis_of(spec, compare)).plan
        slicing = SliceReconciliation(
            lake=app.lake,
            plan=plan,
            part=plan.slices[0],
            images=survey_images(app.lake, spec.target),
            execution=f"benchmark-{compare}",
            now=app.now,
        )
        receipt = reconcile(session, slicing, plan)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "step": f"one slice alone, {compare}",
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "read": receipt.read,
        "landed": receipt.landed,
        "peak_mb": used.ru_maxrss // 1024,
    }


def reconcile(session: Any, slicing: SliceReconciliation, plan: LoadPlan) -> Any:
    """Carry out the only slice of a plan."""
    columns, hashed = scanned_columns(plan), hashed_columns(plan)
    with session.scan(plan.spec, plan.slices[0].span, columns=columns, hashed=hashed) as scan:
        return slicing.land(scan)


def basis_of(spec: TableSpec, compare: Any) -> PlanBasis:
    """Plan as a reconciliation that was ordered now would be."""
    order = TableOrder(
        order_id="20260101T000000000Z-000000",
        table=spec.name,
        mode="reconcile",
        reason="request",
        compare=compare,
    )
    return PlanBasis(
        order=order,
        spec=spec,
        run_no=1_000,
        watermark=None,
        published_run_no=1,
        columns=(),
        marks=(),
        planned_at="2026-01-01T00:00:00+00:00",
    )


@contextmanager
def stack(place: Path, environ: dict[str, str]) -> Generator[tuple[int, httpx.Client]]:
    """Run the embedded stack in a process of its own; give its id, and a client of it."""
    tables = place / "tables"
    tables.mkdir()
    (tables / "shop.yml").write_text(_FILE)
    command = [
        *(sys.executable, "-c", "from cli.main import main; main()", "dev", "--port", "0"),
        *("--state", str(place / "state"), "--tables", str(tables), "--tick", "0 0 0 1 1 *"),
    ]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        url = process.stdout.readline().split()[1]
        with httpx.Client(base_url=url, timeout=60) as client:
            yield process.pid, client
    finally:
        process.terminate()
        process.wait()


def timed(api: httpx.Client, path: str, body: dict[str, Any]) -> tuple[float, Any]:
    """Order something of the table; give the seconds that it took, and the table's part of the order."""
    started = time.monotonic()
    order_id = api.post(path, json=body).raise_for_status().json()["order_id"]
    while True:
        order = api.get(f"/api/orders/{order_id}").raise_for_status().json()
        if order["state"] == "succeeded":
            return round(time.monotonic() - started, 1), order["tables"][0]
        if order["state"] in ("failed", "cancelled"):
            raise SystemExit(json.dumps(order, indent=1))
        time.sleep(0.5)


def peak(process: int) -> int:
    """Give the most memory that a process has had since it was last forgotten, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024


def forget_peak(process: int) -> None:
    """Let a process's peak begin anew: see proc_pid_clear_refs(5)."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def run(uri: str, script: str) -> None:
    """Run statements at the source."""
    with closing(dbapi.connect(uri, autocommit=True)) as connection, connection.cursor() as cursor:
        cursor.executescript(script)


def say(**facts: Any) -> None:
    """Print one line of facts."""
    print(json.dumps(facts), flush=True)  # noqa: T201 - the result


if __name__ == "__main__":
    main()
