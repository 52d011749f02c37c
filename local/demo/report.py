"""What the demo prints at its end: one table, the differences, and what to try next."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from local.demo.background import Running
from local.demo.estimates import Estimate, add_up
from local.demo.rules import Arrived, Caught
from local.demo.verdict import Verdict

Runs = Mapping[str, Sequence[Mapping[str, Any]]]

_LEGEND = """\
rows: at the source now. landed: row images over all runs. seconds: of all runs together.
watermark before: after the first load; after: now.
bound: exact (the database assigns the cursor, and no row can still appear below it), settled (the
application does, and a margin stands in) or none (no cursor: read whole every time). held back: an
open transaction kept it from moving further during one of the loads."""

# Where the output is no terminal, lines are not broken to fit one.
_PLAIN_WIDTH = 200


def open_console() -> Console:
    """Give the console: styled in a terminal, plain text anywhere else."""
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(width=width, markup=False, highlight=False, soft_wrap=True)


def print_estimates(console: Console, estimates: Sequence[Estimate]) -> None:
    """Print what the plans said would be read beside what was then read and landed."""
    table = _grid(console)
    table.add_column("  planned before", no_wrap=True)
    for name in ("rows estimated", "rows read", "deviation", "rows landed"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in (*estimates, *([add_up(estimates)] if len(estimates) > 1 else [])):
        table.add_row(
            f"  {each.table}",
            f"{each.estimated:,}",
            "-" if each.read is None else f"{each.read:,}",
            "-" if each.deviation is None else f"{each.deviation:+.1f} %",
            f"{each.landed:,}",
        )
    console.print(table)


def print_verdicts(console: Console, verdicts: Sequence[Verdict], runs: Runs) -> None:
    """Print a line for each table, what the columns mean, and every difference by name."""
    console.print(_table(console, verdicts, runs))
    console.print(f"\n{_LEGEND}\n")
    for verdict in verdicts:
        for line in verdict.describe():
            console.print(line)
    console.print()


def print_result(console: Console, verdicts: Sequence[Verdict]) -> bool:
    """Say whether all tables were equal, and give it."""
    failed = sorted({each.comparison.table for each in verdicts if not each.passed})
    if failed:
        console.print(f"NOT EQUAL: {', '.join(failed)}\n", style="bold red")
    else:
        console.print("All tables are equal at the source and in the lake.\n", style="bold green")
    return not failed


def print_caught(console: Console, found: Sequence[Caught]) -> None:
    """Print a line for each rule, and the rows that are not where they should be."""
    table = _rules(console, "broken at the source", "in quarantine", "in gold")
    for each in found:
        counts = (len(each.broken), len(each.waiting), each.in_gold)
        table.add_row(f"  {each.watched.rule}", each.watched.table, *map(str, counts))
    console.print(table)
    for each in found:
        if astray := sorted(each.broken ^ each.waiting):
            console.print(f"  {each.watched.rule} is WRONG about {', '.join(astray)}")
    if all(each.passed for each in found):
        console.print("  Just the rows that broke a rule are in quarantine, and none is in gold.")


def print_arrived(console: Console, found: Sequence[Arrived]) -> None:
    """Print a line for each rule: what became of the rows that broke it."""
    table = _rules(console, "repaired", "released", "in silver as at the source", "in gold")
    for each in found:
        counts = (each.rows - each.released, each.released, each.in_silver, each.in_gold)
        table.add_row(f"  {each.watched.rule}", each.watched.table, *map(str, counts))
    console.print(table)
    if all(each.passed for each in found):
        console.print("  All of them have arrived in silver and in gold as they are at the source.")
    else:
        console.print("  Rows are MISSING in silver or gold.")


def _rules(console: Console, *counts: str) -> Table:
    table = _grid(console)
    for name in ("  rule", "table"):
        table.add_column(name, no_wrap=True)
    for name in counts:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _table(console: Console, verdicts: Sequence[Verdict], runs: Runs) -> Table:
    table = _grid(console)
    table.add_column("table", no_wrap=True)
    for name in ("rows", "landed", "files", "bytes", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("watermark before", "after", "bound", "source and lake"):
        table.add_column(name)
    for verdict in verdicts:
        found = verdict.comparison
        mine = runs[found.table]
        style = "green" if verdict.passed else "bold red"
        table.add_row(
            found.table,
            f"{found.source_rows:,}",
            f"{found.landed_rows:,}",
            str(found.files),
            f"{found.bytes:,}",
            f"{sum(map(_seconds, mine)):.1f}",
            mine[0]["watermark_after"] or "-",
            _last_incremental(mine)["watermark_after"] or "-",
            _bound(mine),
            str(verdict),
            style=style if console.is_terminal else None,
        )
    return table


def _grid(console: Console) -> Table:
    return Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)


def print_next_steps(console: Console, running: Running, state: Path) -> None:
    """Leave the addresses, and commands that work as they stand."""
    url, python = running.url, _shown(Path(sys.executable))
    folder = f"{state}/lake/bronze/spotify/dbo.DimUser"
    read = f"import pyarrow.parquet as pq; print(pq.read_table('{folder}').slice(0, 3).to_pylist())"
    console.print(
        f"The stack goes on running at {url} (process {running.pid}, output in {state}/stack.log).\n"
        "\n"
        "Ask it:\n"
        f"  curl -s {url}/api/health\n"
        f"  curl -s {url}/api/tables/spotify/dbo.DimUser\n"
        f"  curl -s '{url}/api/runs?table=spotify/dbo.FactStream&limit=5'\n"
        f'  curl -s -X POST {url}/api/loads -d \'{{"tables": ["spotify/dbo.DimUser"]}}\'\n'
        "\n"
        f"The files are plain Parquet, with a manifest beside them, under {state}/lake/bronze:\n"
        f'  {python} -c "{read}"\n'
        "\n"
        f"The source: {running.database}\n"
        "Stop it: make demo-stop"
    )


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _last_incremental(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(run for run in reversed(runs) if run["mode"] != "backfill")


def _bound(runs: Sequence[Mapping[str, Any]]) -> str:
    bounds = [run["bound"] for run in runs if run["mode"] != "backfill"]
    held = any(bound["held_back_since"] for bound in bounds)
    return f"{bounds[-1]['how']}, held back" if held else str(bounds[-1]["how"])


def _seconds(run: Mapping[str, Any]) -> float:
    length = datetime.fromisoformat(run["ended_at"]) - datetime.fromisoformat(run["started_at"])
    return length / timedelta(seconds=1)
