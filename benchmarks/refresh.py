"""What a refresh of silver and gold costs, whole and after changes, for tables of several sizes.

`.venv/bin/python -m benchmarks.refresh [--facts 500000 1000000 2000000 4000000] [--changes 200000]` lands a
music service in bronze, refreshes silver and gold of the Spotify model with the commands that the job
runs, lands changes and refreshes again. Each command is a process of its own, a fork of one that has
the lakehouse loaded, as the embedded workspace runs it. The changes are made in three ways: of streams
of the last week alone, of members too, and with a third of the corrections strewn over all of time.
Prints seconds of CPU and on the clock, and writes them to `.cache/refresh.json` and `.cache/refresh.svg`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.plot import Line, plot
from benchmarks.star import Star
from local.databricks.warming import WarmLakehouse

ROOT: Final = Path(__file__).parents[1]
WAYS: Final = {
    "streams of the last week": (0.0, False),
    "members too": (0.0, True),
    "also of any time": (0.05, True),
}
"""By name: the share of changes that is strewn over all of time, and whether members change too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds of CPU and on the clock, and the process's memory at its highest (MB)."""

    cpu: float
    clock: float
    memory: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            cpu=self.cpu + other.cpu,
            clock=self.clock + other.clock,
            memory=max(self.memory, other.memory),
        )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [500_000, 1_000_000, 2_000_000, 4_000_000]
    parser.add_argument("--facts", type=int, nargs="+", default=sizes)
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--into", type=Path, default=ROOT / ".cache")
    given = parser.parse_args()
    given.into.mkdir(exist_ok=True)
    found: dict[int, dict[str, dict[str, Cost]]] = {}
    for facts in given.facts:
        found[facts] = _measure(facts, given.changes)
        _print(facts, found[facts])
        _write(found, given.changes, given.into)


def _measure(facts: int, changes: int) -> dict[str, dict[str, Cost]]:
    with (
        tempfile.TemporaryDirectory(prefix="tidemark-refresh-") as place,
        WarmLakehouse(Path(place) / "warm.log") as warm,
    ):
        first = Path(place) / "first"
        star = Star(root=first, facts=facts)
        star.land_first()
        found = {"first": _refresh(warm, first, star.hand_over(1))}
        for way, (strewn, moving) in WAYS.items():
            again = Path(place) / "again"
            shutil.copytree(first, again)
            star.root, star.strewn, star.moving = again, strewn, moving
            star.land_changes(changes)
            found[way] = _refresh(warm, again, star.hand_over(2))
            star.forget_changes()
            shutil.rmtree(again)
    return found


def _refresh(warm: WarmLakehouse, lake: Path, handover: str) -> dict[str, Cost]:
    model = str(ROOT / "lakehouse" / "models" / "spotify")
    return {
        "silver": _run(warm, "silver", lake, handover),
        "gold": _run(warm, "gold", lake, handover, "--model", model),
    }


def _run(warm: WarmLakehouse, command: str, lake: Path, handover: str, *further: str) -> Cost:
    log = lake.parent / "said.log"
    began = time.perf_counter()
    task = warm.run([command, "--lake", str(lake), "--handover", handover, *further], log)
    if task.wait():
        sys.exit(log.read_text())
    return Cost(cpu=task.cpu, clock=time.perf_counter() - began, memory=task.memory)


def _print(facts: int, found: Mapping[str, Mapping[str, Cost]]) -> None:
    whole = _total(found["first"])
    for way, costs in found.items():
        total = _total(costs)
        parts = ", ".join(f"{name} {cost.cpu:5.1f}" for name, cost in costs.items())
        sys.stdout.write(
            f"{facts:>9,} facts, {way:<24} {total.cpu:6.1f} s of CPU ({parts}), "
            f"{total.clock:6.1f} s on the clock, {total.memory:5} MB, "
            f"{total.cpu / whole.cpu:5.2f} of the first\n"
        )
    sys.stdout.flush()


def _total(costs: Mapping[str, Cost]) -> Cost:
    one, *others = costs.values()
    for other in others:
        one += other
    return one


def _write(found: Mapping[int, Mapping[str, Mapping[str, Cost]]], changes: int, into: Path) -> None:
    told = {
        str(facts): {
            way: {name: asdict(cost) for name, cost in costs.items()} for way, costs in ways.items()
        }
        for facts, ways in found.items()
    }
    document = {"changes": changes, "facts": told}
    (into / "refresh.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    lines = [_line(found, "first", "first refresh")]
    lines += [_line(found, way, f"{changes:,} changes: {way}") for way in WAYS]
    svg = plot(lines, across="million facts", up="seconds of CPU")
    (into / "refresh.svg").write_text(svg, encoding="utf-8")


def _line(found: Mapping[int, Mapping[str, Mapping[str, Cost]]], way: str, label: str) -> Line:
    points: Sequence[tuple[float, float]] = [
        (facts / 1_000_000, _total(ways[way]).cpu) for facts, ways in found.items()
    ]
    return Line(label=label, points=tuple(points))


if __name__ == "__main__":
    main()
