"""How a load grows with rows, and an order with tables that have nothing new.

`make bench-scale`, or `.venv/bin/python -m benchmarks.scale [--rows 1000000 3000000 10000000 30000000]
[--tables 100 500 2000]`: everything on loopback. Of rows it tells the seconds and the most memory that was
resident of the worker at any moment, each size loaded by a worker that has just begun. Of tables it tells the worker's
CPU for one order of so many, each with a watermark above which there is nothing. What 10,000 events
cost is measured by `benchmarks.events`, where that is there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adbc_driver_postgresql.dbapi import connect

from benchmarks import played
from benchmarks.plot import Line, plot
from benchmarks.usage import BenchmarkFailed
from benchmarks.whole import Loaded, Way, Whole, host_name
from local import postgres

ROOT = Path(__file__).parents[1]
WAY = Way(name="tidemark", driver="adbc", rows=1_000_000, parallel=2)
_MANY = "many"
_CREATE = """
DO $$ BEGIN FOR n IN {first}..{last} LOOP
    EXECUTE format('CREATE TABLE {name}.t%s (id bigint PRIMARY KEY, changed timestamp NOT NULL)', n);
    EXECUTE format('INSERT INTO {name}.t%s VALUES (1, ''2024-05-06 07:08:09'')', n);
    EXECUTE format('CREATE INDEX ON {name}.t%s (changed)', n);
END LOOP; END $$
"""
# Above every row, and below the bound.
_POSITION = "2025-01-01T00:00:00.000000"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [1_000_000, 3_000_000, 10_000_000, 30_000_000]
    parser.add_argument("--rows", type=int, nargs="*", default=sizes)
    parser.add_argument("--tables", type=int, nargs="*", default=[100, 500, 2000])
    parser.add_argument("--events", type=int, choices=(0, 1), default=1, help="0 leaves them out")
    parser.add_argument("--into", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
        # PostgreSQL runs as another user, who has to pass through.
        Path(place).chmod(0o755)
        server = postgres.start(Path(place) / "postgres", fsync=False)
        try:
            if given.tables:
                write_tables(measure_tables(Path(place), server.uri, given.tables), given.into)
            if given.rows:
                measure_rows(Path(place), server.uri, given.rows, given.into)
        finally:
            server.stop()
    if given.events and importlib.util.find_spec("benchmarks.events"):
        subprocess.run([sys.executable, "-m", "benchmarks.events"], check=True)


def measure_rows(place: Path, uri: str, sizes: Sequence[int], into: Path) -> None:
    """Let the table grow, and load it whole at each size; write after each what is known by then."""
    played.create(uri)
    found: dict[int, Loaded] = {}
    rows = 0
    for size in sorted(sizes):
        played.grow(uri, first=rows + 1, last=size)
        rows = size
        whole = Whole(place / f"rows-{size}", uri)
        whole.declare(WAY)
        whole.start()
        try:
            found[size] = whole.load_way(WAY)
        finally:
            whole.stop()
        if found[size].rows != size:
            raise BenchmarkFailed(f"{found[size].rows} rows of {size} were landed")
        _tell(f"{size:,} rows", found[size], size / 1_000_000, "million rows")
        _write(into, "rows", {str(n): asdict(loaded) for n, loaded in found.items()})
    costs = {size / 1_000_000: loaded.cost for size, loaded in found.items()}
    lines = [
        Line(label="on the clock", points=tuple((n, cost.clock) for n, cost in costs.items())),
        Line(label="of CPU", points=tuple((n, cost.cpu) for n, cost in costs.items())),
    ]
    _draw(into / "rows.svg", lines, "million rows", "seconds")
    memory = [Line(label="peak", points=tuple((n, cost.memory) for n, cost in costs.items()))]
    _draw(into / "memory.svg", memory, "million rows", "MB of the worker, at its highest")


def measure_tables(place: Path, uri: str, sizes: Sequence[int]) -> dict[int, Loaded]:
    """Order loads of so many tables with nothing new, by a worker that has seen some."""
    with connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executescript(f"CREATE SCHEMA {_MANY}")
        for first in range(0, max(sizes), 100):
            last = min(first + 99, max(sizes) - 1)
            cursor.executescript(_CREATE.format(name=_MANY, first=first, last=last))
    whole = Whole(place / "tables", uri)
    tables = [
        {
            "table": f"{_MANY}.t{n}",
            "key": ["id"],
            "watermark": {"column": "changed", "kind": "timestamp", "clock": "utc"},
        }
        for n in range(max(sizes))
    ]
    whole.write_source(_MANY, tables)
    names = [f"{_MANY}/{_MANY}.t{n}" for n in range(max(sizes))]
    found: dict[int, Loaded] = {}
    whole.start()
    try:
        for name in names:
            whole.set_watermark(name, _POSITION)
        whole.load(names[: min(20, *sizes)])
        for size in sorted(sizes):
            found[size] = whole.load(names[:size])
            if found[size].rows:
                raise BenchmarkFailed(
                    f"{found[size].rows} rows were landed of tables with nothing new"
                )
            _tell(f"{size:,} tables", found[size], size, "table")
    finally:
        whole.stop()
    return found


def write_tables(found: dict[int, Loaded], into: Path) -> None:
    """Write what tables cost, and draw it by table."""
    _write(into, "tables", {str(size): asdict(loaded) for size, loaded in found.items()})
    points = tuple((size, 1000 * loaded.cost.cpu / size) for size, loaded in found.items())
    lines = [Line(label="with nothing new", points=points)]
    _draw(into / "tables.svg", lines, "tables in one order", "ms of CPU a table")


def _tell(what: str, loaded: Loaded, units: float, unit: str) -> None:
    cost = loaded.cost
    sys.stdout.write(
        f"{what:>18} {cost.clock:8.1f} s {cost.cpu:8.1f} s of CPU {cost.memory:6.0f} MB, "
        f"{cost.cpu / units:.3f} s of CPU a {unit}\n"
    )
    sys.stdout.flush()


def _write(into: Path, part: str, found: dict[str, Any]) -> None:
    whole = {"machine": f"{host_name()}, Python {platform.python_version()}", part: found}
    (into / f"{part}.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def _draw(file: Path, lines: Sequence[Line], across: str, up: str) -> None:
    file.write_text(plot(lines, across=across, up=up), encoding="utf-8")


if __name__ == "__main__":
    main()
