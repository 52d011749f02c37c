"""How fast a table of PostgreSQL becomes Parquet: Tidemark as a whole beside what else does that.

`make bench`, or `.venv/bin/python -m benchmarks [--rows 3000000] [--rounds 3]`: starts a PostgreSQL and the
embedded stack on loopback, fills a table of 14 columns, and lets each have its turn, round after
round, all on the same machine. Prints medians, ratios first, and writes them as JSON and as a
plot. Slow ones have their turn in the first round only, and the slowest only where rows are few.

Of Tidemark it counts one load by its API from the order to its end: plan, fence, read, receipts
of source and lake, landing over the Azure SDK in the local ADLS endpoint, publication, watermark. Its
process is that of host and worker together, and the endpoints are others. Of the rest it counts reading and
writing local files, once the tool is imported. `copy` is `COPY ... BINARY` into nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks import played, report
from benchmarks.peers import PEERS
from benchmarks.usage import BenchmarkFailed, Cost, run
from benchmarks.whole import Way, Whole, host_name
from local import postgres

ROOT = Path(__file__).parents[1]
FLOOR = "copy"
SLOW = frozenset({"pyodbc", "dlt-pyarrow", "dlt-sqlalchemy"})
# Beyond this many rows they take too long: left out unless they are named.
SLOWEST = {"dlt-sqlalchemy": 500_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One measurement."""

    cost: Cost
    bytes: int


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", help="names of those to measure")
    parser.add_argument("--into", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    table = ""
    for found in measure(given.rows, given.rounds, given.only):
        table = _write(found, given.rows, given.into)
    sys.stdout.write(table)


def _write(found: dict[str, list[Turn]], rows: int, into: Path) -> str:
    """Write what is known so far, and give it as a table."""
    whole = {
        "rows": rows,
        "machine": f"{host_name()}, Python {platform.python_version()}",
        "turns": {name: [asdict(turn) for turn in turns] for name, turns in found.items()},
    }
    (into / "speed.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    medians = {name: _median([turn.cost for turn in turns]) for name, turns in found.items()}
    (into / "speed.svg").write_text(report.bars(medians, rows), encoding="utf-8")
    return report.table(medians, {n: len(t) for n, t in found.items()}, rows)


def measure(
    rows: int, rounds: int, only: list[str] | None = None
) -> Generator[dict[str, list[Turn]]]:
    """Let each have its turn in every round, and give all turns so far after each.

    Raises:
        BenchmarkFailed: one has landed another number of rows.
    """
    found: dict[str, list[Turn]] = {}
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as place:
        # PostgreSQL runs as another user, who has to pass through.
        Path(place).chmod(0o755)
        server = postgres.start(Path(place) / "postgres", fsync=False)
        whole = Whole(Path(place) / "stack", server.uri)
        try:
            played.create(server.uri)
            played.grow(server.uri, first=1, last=rows)
            turns = _turns(whole, server.uri, rows)
            whole.start()
            for number in range(rounds):
                for name in only or [n for n in turns if rows <= SLOWEST.get(n, rows)]:
                    if number and name in SLOW:
                        continue
                    found.setdefault(name, []).append(turns[name]())
                    _tell(name, found[name][-1])
                    yield found
        finally:
            whole.stop()
            server.stop()


def _turns(whole: Whole, uri: str, rows: int) -> dict[str, Callable[[], Turn]]:
    half = max(rows // 2 + rows // 20, 1)
    ways = [
        Way(name="tidemark", driver="adbc", rows=half, parallel=2),
        Way(name="tidemark-one-slice", driver="adbc", rows=rows * 2, parallel=1),
        Way(name="tidemark-odbc", driver="odbc", rows=half, parallel=2),
        Way(name="tidemark-odbc-one-slice", driver="odbc", rows=rows * 2, parallel=1),
    ]
    turns: dict[str, Callable[[], Turn]] = {FLOOR: lambda: _copy(uri)}
    for way in ways:
        whole.declare(way)
        turns[way.name] = lambda way=way: _load(whole, way, rows)
    for name in PEERS:
        turns[name] = lambda name=name: _peer(name, uri, rows)
    return turns


def _load(whole: Whole, way: Way, rows: int) -> Turn:
    loaded = whole.load_way(way)
    _check(way.name, loaded.rows, rows)
    return Turn(cost=loaded.cost, bytes=loaded.bytes)


def _peer(name: str, uri: str, rows: int) -> Turn:
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        _, said = run([sys.executable, "-m", "benchmarks.peers", name, uri, folder])
    told = json.loads(said)
    _check(name, told["rows"], rows)
    cost = Cost(clock=told["clock"], cpu=told["cpu"], memory=told["memory"])
    return Turn(cost=cost, bytes=told["bytes"])


def _copy(uri: str) -> Turn:
    command = f"\\copy {played.NAME} to '/dev/null' (format binary)"
    cost, _ = run([str(postgres.find_programs() / "psql"), uri, "-c", command])
    # Of a process so small the kernel's peak is that of the one that started it.
    return Turn(cost=replace(cost, memory=0.0), bytes=0)


def _check(name: str, found: int, rows: int) -> None:
    if found != rows:
        raise BenchmarkFailed(f"{name} landed {found} rows of {rows}")


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        clock=median(cost.clock for cost in costs),
        cpu=median(cost.cpu for cost in costs),
        memory=max(cost.memory for cost in costs),
    )


def _tell(name: str, turn: Turn) -> None:
    cost = turn.cost
    sys.stderr.write(
        f"{name:24} {cost.clock:7.2f} s {cost.cpu:7.2f} s of CPU {cost.memory:6.0f} MB\n"
    )
    sys.stderr.flush()


if __name__ == "__main__":
    main()
