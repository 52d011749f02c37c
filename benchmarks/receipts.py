"""What receipts cost: a load of one slice at each level, from PostgreSQL into the embedded lake.

`.venv/bin/python -m benchmarks.receipts [--rows 3000000] [--rounds 3]` starts both on loopback, fills a table of 14
columns, lands it at each level in processes of their own, and prints the medians of some rounds: seconds on
the clock and of CPU at the source and at the worker, and the worker's memory at its highest. Needs
Linux, whose /proc says what a process has used.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from adbc_driver_postgresql.dbapi import connect as dial

from benchmarks import played
from local.datalake.process import start as start_lake
from local.postgres import start as start_postgres
from shared.adapters.azure.clients import lake_service
from shared.adapters.azure.lake import AzureLake
from shared.adapters.postgresql import connect
from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.extraction.columns import plan_columns
from shared.extraction.source import Proving
from shared.landing.slicing import SliceLanding
from shared.loading.bound import NO_BOUND
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.span import Span

LEVELS = ("copied", "rows", "values", "hashes")
_TICKS = os.sysconf("SC_CLK_TCK")

_READER = "SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'tidemark'"


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=3_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(land(*given.one)))
    else:
        measure(given.rows, given.rounds)


def measure(rows: int, rounds: int) -> None:
    """Start the servers, let each level be landed in turn, and print the medians."""
    with (
        tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder,
        start_lake(Path(folder) / "lake") as lake,
    ):
        Path(folder).chmod(0o755)
        server = start_postgres(Path(folder) / "postgres", fsync=False)
        try:
            played.create(server.uri)
            played.grow(server.uri, first=1, last=rows)
            found: dict[str, list[dict[str, float]]] = {level: [] for level in LEVELS}
            for _ in range(rounds):
                for level in LEVELS:
                    one = [level, server.uri, str(server.pid), lake.url, lake.key]
                    command = [sys.executable, "-m", "benchmarks.receipts", "--one", *one]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - itself
                    found[level].append(json.loads(done.stdout))
        finally:
            server.stop()
    _show(rows, rounds, found)


def land(level: str, uri: str, postmaster: str, lake_url: str, lake_key: str) -> dict[str, float]:
    """Land the table once; `copied` asks the source nothing."""
    with lake_service(lake_url, lake_key) as service, connect(uri) as session:
        lake = AzureLake(service)
        spec = spec_of("rows" if level == "copied" else level)
        columns = plan_columns(spec, session.shape(spec))
        run = f"{level}-{os.getpid()}"
        landing = _landing(lake, spec, run, columns)
        lake.make_folder(spec.target)
        watch = _Watch(uri, int(postmaster))
        with session.read(spec, Span()) as reading:
            with watch.part("write"):
                written = landing.write(reading)
            written = replace(written, asks=_answered(written.asks, level, watch))
        with watch.part("back"):
            landing.prove(written)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return watch.seen | {"peak": peak}


def _answered(asks: Proving | None, level: str, watch: _Watch) -> Proving | None:
    """Ask before the files are read back, not meanwhile as a load does, so that each is timed alone."""
    if asks is None or level == "copied":
        return None
    with watch.part("ask"):
        said = asks.ask()
    return replace(asks, ask=lambda: said)


class _Watch:
    """Clock, CPU of this process and CPU of the server, by part of the way."""

    def __init__(self, uri: str, postmaster: int) -> None:
        with dial(uri, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(_READER)
            [(self._backend,)] = cursor.fetchall()
        self._postmaster = postmaster
        self.seen: dict[str, float] = {}

    def part(self, name: str) -> _Part:
        return _Part(self, name)

    def look(self) -> tuple[float, float, float]:
        own, _ = _cpu(self._backend)
        # Of parallel workers, who have ended.
        _, ended = _cpu(self._postmaster)
        return time.monotonic(), time.process_time(), own + ended


class _Part:
    def __init__(self, watch: _Watch, name: str) -> None:
        self._watch, self._name = watch, name

    def __enter__(self) -> None:
        self._begun = self._watch.look()

    def __exit__(self, *_error: object) -> None:
        names = ("clock", "worker", "source")
        for name, begun, ended in zip(names, self._begun, self._watch.look(), strict=True):
            self._watch.seen[f"{self._name}.{name}"] = ended - begun


def _cpu(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own, children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return own / _TICKS, children / _TICKS


def spec_of(level: str) -> TableSpec:
    source = SourceSpec(name="bench", kind="sql", engine="postgresql", connection="${BENCH}")
    cursor = CursorSpec(kind="none", column=None)
    receipt: Any = level
    return TableSpec(
        source=source,
        table="public.played",
        key=("id",),
        cursor=cursor,
        target="bronze/bench/played",
        receipt=receipt,
    )


def _landing(
    lake: AzureLake, spec: TableSpec, run: str, columns: tuple[PlannedColumn, ...]
) -> SliceLanding:
    part = Slice(number=0, span=Span())
    plan = LoadPlan(
        run_id=run,
        order_id=run,
        table=spec.name,
        mode="snapshot",
        run_no=1,
        spec=spec,
        cursor=None,
        watermark_before=None,
        bound=NO_BOUND,
        columns=columns,
        slices=(part,),
        overlap=None,
        planned_at="",
    )
    return SliceLanding(
        lake=lake,
        plan=plan,
        part=part,
        execution="bench",
        known=frozenset(),
        now=lambda: datetime.now(UTC),
    )


def _show(rows: int, rounds: int, found: dict[str, list[dict[str, float]]]) -> None:
    names = sorted({name for each in found.values() for one in each for name in one})
    out = sys.stdout.write
    out(f"{rows} rows, medians of {rounds}; ask: what the source is asked, a part of write\n")
    out("".join(f"{each:>14}" for each in ("", *LEVELS)) + "\n")
    for name in names:
        values = [median(one.get(name, 0.0) for one in found[level]) for level in LEVELS]
        out(f"{name:>14}" + "".join(f"{value:14.2f}" for value in values) + "\n")


if __name__ == "__main__":
    main()
