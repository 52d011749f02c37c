"""`python -m local.harness`: writers beside loads on a real database, and a judgement of every row.

Everything that the writers decide comes from the seed. How their steps interleave in real time does
not, so that a failure at once is shown again step by step where it can be (`--shrink`).
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path

from rich.console import Console

from local.harness import report
from local.harness.at_once import Effort, as_steps
from local.harness.chance import write_script
from local.harness.failure import HarnessFailed
from local.harness.kinds import KINDS
from local.harness.script import Script, read_script
from local.harness.shrinking import shrink
from local.harness.trial import Place, Trial, at_once, place, step_by_step
from local.oracle import NotComparable
from local.stack_process import StackNotStarted

_BEFORE, _AFTER = 60.0, 30.0


def main() -> int:
    """Give the exit status: 0 all rows are right, 1 not, or nothing could be said of it."""
    options = _parse()
    console = Console(stderr=options.json, width=None if sys.stdout.isatty() else 160)
    console.print(f"seed {options.seed}", style="bold", highlight=False)
    try:
        with place(options.source, state=options.state) as given:
            return _run(options, console, given)
    except (HarnessFailed, NotComparable, StackNotStarted) as error:
        console.print(f"The harness failed: {error}", style="bold red", markup=False)
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.harness", description=__doc__)
    add = parser.add_argument
    add("--seed", type=int, default=secrets.randbelow(10**9), help="what the writers decide by")
    add("--minutes", type=float, default=3.0, help="how long they write (%(default)s)")
    add("--transactions", type=int, help="stop after so many, if that is sooner")
    add("--writers", type=int, default=8, help="how many connections write (%(default)s)")
    add("--load-every", type=float, default=2.0, metavar="SECONDS", help="(%(default)s)")
    add("--tables", default="all", help=f"some of {', '.join(KINDS)}")
    add("--kills", type=int, default=0, help="kill the whole stack so often (%(default)s)")
    add("--steps", type=int, help="carry out so many steps one by one instead, by three writers")
    add("--script", type=Path, help="carry out a script that was written before, step by step")
    add("--shrink", type=float, default=0.0, metavar="MINUTES", help="make a failure small")
    add("--source", metavar="URI", help="a PostgreSQL that is there; a schema is made and dropped")
    add("--state", type=Path, help="keep everything in this folder")
    add("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args()
    if options.tables == "all":
        options.tables = ",".join(KINDS)
    unknown = sorted(set(options.tables.split(",")) - set(KINDS))
    if unknown:
        parser.error(f"unknown tables: {', '.join(unknown)}; known are {', '.join(KINDS)}")
    return options


def _run(options: argparse.Namespace, console: Console, given: Place) -> int:
    tables = options.tables.split(",")
    script: Script | None = None

    def tell(text: str) -> None:
        console.print(f"  {text}", highlight=False)

    if options.script or options.steps:
        script = (
            read_script(options.script)
            if options.script
            else write_script(options.seed, tables, writers=3, steps=options.steps)
        )
        trial = step_by_step(given, script, tell)
    else:
        trial = at_once(given, _effort(options), tables, tell)
    summed = report.summary(trial, given.serving.lake, seed=options.seed, writers=options.writers)
    report.print_table(console, summed)
    if options.json:
        sys.stdout.write(json.dumps(summed, indent=1) + "\n")
    if trial.passed:
        console.print("Every row is in the lake as it is at the source.", style="bold green")
        return 0
    report.print_failures(console, trial)
    console.print(f"Repeat it: {_command(options)}", highlight=False, soft_wrap=True)
    if options.shrink:
        _shrink(options, console, given, script or _script_of(options, trial))
    return 1


def _effort(options: argparse.Namespace) -> Effort:
    return Effort(
        seed=options.seed,
        writers=options.writers,
        load_every=options.load_every,
        seconds=options.minutes * 60,
        transactions=options.transactions,
        kills=options.kills,
    )


def _command(options: argparse.Namespace) -> str:
    words = [f"python -m local.harness --seed {options.seed}"]
    if options.steps:
        words.append(f"--steps {options.steps}")
    else:
        words.append(f"--minutes {options.minutes:g} --writers {options.writers}")
        words.append(f"--load-every {options.load_every:g} --kills {options.kills}")
    return " ".join([*words, f"--tables {options.tables}"])


def _script_of(options: argparse.Namespace, trial: Trial) -> Script:
    """Put what was done at once about the failing rows in one order."""
    failing = [each for each in trial.judgements if not each.passed]
    names = {each.kind.name for each in failing}
    times = [
        time
        for judgement in failing
        for key in sorted(judgement.keys)[:1]
        for entry in trial.played.journal.of_key(judgement.kind, key)
        for time in (entry.transaction.began, *(entry.transaction.committed or ()))
    ]
    span = (min(times) - _BEFORE, max(times) + _AFTER) if times else (0.0, float("inf"))
    steps = as_steps(trial.played, names, span)
    return Script(seed=options.seed, tables=tuple(sorted(names)), operations=steps)


def _shrink(options: argparse.Namespace, console: Console, given: Place, script: Script) -> None:
    def fails(smaller: Script) -> bool:
        try:
            return not step_by_step(given, smaller).passed
        except HarnessFailed:
            return False

    console.print(f"Step by step: {len(script.operations)} operations", highlight=False)
    if not fails(script):
        console.print("Step by step it does not fail: it needs what happens within a load.")
        return
    small = shrink(script, fails, seconds=options.shrink * 60)
    path = Path(f"harness-{options.seed}.json")
    small.save(path)
    console.print(f"It fails with {len(small.operations)} operations:", style="bold")
    for operation in small.operations:
        console.print(f"  {operation}", highlight=False, markup=False)
    console.print(f"Again: python -m local.harness --script {path}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
