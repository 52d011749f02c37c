"""`python -m local.demo`: run the demo, leave the stack running, and say whether all was equal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from local.demo import background, report
from local.demo.acts import Demo
from local.demo.api import Api
from local.demo.failure import DemoFailed
from local.demo.verdict import Verdict
from local.oracle import NotComparable
from shared.catalog import read_catalog

DEFAULT_PORT = 7071
FAILED, INTERRUPTED = 1, 130


def main() -> int:
    """Give the exit status: 0 all equal, 1 not, 130 interrupted."""
    options = _parse()
    console = report.open_console()
    try:
        if options.stop:
            pid = background.stop(options.state.resolve())
            console.print("No demo is running." if pid is None else f"Stopped process {pid}.")
            return 0
        return _run(console, options.state, options.port)
    except (DemoFailed, NotComparable) as error:
        console.print(f"The demo failed: {error}", style="bold red")
    except KeyboardInterrupt:
        console.print("Interrupted. Stop what still runs: make demo-stop")
        return INTERRUPTED
    return FAILED


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument(
        "--state", type=Path, default=Path(".demo"), help="folder of the demo's own (%(default)s)"
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="0 takes a free one (%(default)s)"
    )
    parser.add_argument("--stop", action="store_true", help="stop the stack of an earlier demo")
    return parser.parse_args()


def _run(console: Console, state: Path, port: int) -> int:
    began = time.monotonic()
    with _step(console, "Starting the stack, and filling its source with real and invented rows"):
        running = _begin(console, state.resolve(), port)
    demo = Demo(
        console=console,
        api=Api(url=running.url),
        database=running.database,
        lake=state.resolve() / "lake",
        catalog=read_catalog(background.TABLES),
    )
    passed = _play(console, demo)
    console.print(f"The demo took {time.monotonic() - began:.0f} s.\n")
    report.print_next_steps(console, running, state)
    return 0 if passed else FAILED


def _begin(console: Console, state: Path, port: int) -> background.Running:
    former = background.stop(state)
    if former is not None:
        console.print(f"  stopped the stack of the last demo (process {former})")
    background.empty(state)
    if port and not background.is_free(port):
        console.print(f"  port {port} is in use; taking a free one")
        port = 0
    return background.start(state, port)


def _play(console: Console, demo: Demo) -> bool:
    """Go through the acts; say whether all tables were equal in the end."""
    with _step(console, "Loading all tables for the first time"):
        demo.load_first()
    with _step(console, "Changing the sources, and loading the changes"):
        demo.change_and_load()
    with _step(console, "Backfilling a past month beside an incremental load"):
        demo.backfill_beside_load()
    with _step(console, "Comparing source and lake, by key and by value"):
        verdicts = demo.compare()
    report.print_verdicts(console, verdicts, demo.runs())
    repaired: list[Verdict] = []
    for verdict in verdicts:
        if verdict.passed and verdict.unseen:
            with _step(
                console, "The remedy: backfilling the period of the rows that were not seen"
            ):
                repaired.append(demo.repair(verdict))
                console.print(f"  {repaired[-1].comparison.table}: {repaired[-1]}")
    with _step(console, "Handing what was published to the lakehouse: silver, then gold"):
        demo.refresh_gold()
    with _step(console, "Looking for the rows that broke a rule"):
        caught = all(each.passed for each in demo.find_caught())
    with _step(console, "Repairing some of them at the source, and letting the others through"):
        arrived = all(each.passed for each in demo.repair_and_release())
    with _step(console, "Asking gold, and computing the answers once more from the source"):
        agreed = all(each.agrees for each in demo.answer_questions())
    return report.print_result(console, [*verdicts, *repaired]) and agreed and caught and arrived


@contextmanager
def _step(console: Console, title: str) -> Generator[None]:
    console.print(title, style="bold")
    began = time.monotonic()
    yield
    console.print(f"  {time.monotonic() - began:.1f} s\n", style="dim")


if __name__ == "__main__":
    sys.exit(main())
