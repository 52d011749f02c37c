"""The command line of the lakehouse: what the tasks of the job run.

Exit status 0: done; 1: a typed error, told with its remedy; 2: wrong use.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from lakehouse.consumption.command import about_consume
from lakehouse.delta import Lake
from lakehouse.errors import LakehouseError
from lakehouse.gold.build import build_gold
from lakehouse.gold.command import about_gold, run_gold
from lakehouse.gold.progress import forget_progress
from lakehouse.gold.reading import read_model
from lakehouse.handover import read_handover
from lakehouse.maintenance import maintain, maintenance_of
from lakehouse.releasing import release
from lakehouse.reports.command import (
    about_expectations,
    about_quality,
    run_expectations,
    run_quality,
)
from lakehouse.retention import about_retention, run_retention
from lakehouse.session import opened
from lakehouse.silver.rebuilding import rebuild
from lakehouse.silver.refresh import refresh


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; `arguments` are those of the process unless given.

    A failure leaves by `SystemExit`: a task of a job fails by nothing that a function returns.
    """
    given = parser().parse_args(arguments)
    try:
        _run(given)
    except LakehouseError as error:
        remedy = " ".join((type(error).__doc__ or "").split())
        sys.stderr.write(f"{type(error).__name__}: {error}\n{remedy}\n")
        sys.exit(1)


def _run(given: argparse.Namespace) -> None:
    if "lake" not in given:
        given.run(given)
        return
    with opened(os.environ) as spark:
        given.run(Lake(spark=spark, root=given.lake), given)


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    whole = argparse.ArgumentParser(prog="tidemark-lakehouse", description=__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    silver = commands.add_parser("silver", help="take in what a hand-over brings")
    _about_lake(silver, _silver)
    _about_handover(silver)
    through = commands.add_parser("release", help="let rows through that broke a rule")
    _about_lake(through, _release)
    _about_handover(through)
    through.add_argument("--table", required=True, metavar="SOURCE/SCHEMA.TABLE")
    through.add_argument("--key", action="append", default=[], metavar="COLUMN=VALUE")
    anew = commands.add_parser("rebuild", help="make tables anew from bronze")
    _about_lake(anew, _rebuild)
    _about_handover(anew)
    _about_rebuild(anew)
    care = commands.add_parser("maintain", help="optimise and vacuum the tables of silver")
    _about_lake(care, _maintain)
    care.add_argument("--retain-days", type=int, default=7, metavar="DAYS")
    about_retention(care)
    care.add_argument(
        "--path", action="append", default=[], help="another table to care for, such as gold/m/t"
    )
    gold = commands.add_parser("gold", help="bring a gold model up to a hand-over")
    _about_lake(gold, run_gold)
    _about_handover(gold)
    about_gold(gold)
    quality = commands.add_parser("quality", help="show how often which rule was broken")
    _about_lake(quality, run_quality)
    about_quality(quality)
    documents = commands.add_parser(
        "expectations", help="write suites, results and data docs of Great Expectations"
    )
    _about_lake(documents, run_expectations)
    _about_handover(documents)
    about_expectations(documents)
    about_consume(commands.add_parser("consume", help="write what readers of gold need"))
    return whole


def _about_rebuild(anew: argparse.ArgumentParser) -> None:
    anew.add_argument("--table", action="append", default=[], metavar="SOURCE/SCHEMA.TABLE")
    anew.add_argument(
        "--from-run", type=int, default=0, metavar="RUN_NO", help="leave out the runs before"
    )
    anew.add_argument(
        "--model",
        action="append",
        default=[],
        type=Path,
        help="folder of a gold model to build whole",
    )


def _about_lake(
    parser: argparse.ArgumentParser, run: Callable[[Lake, argparse.Namespace], None]
) -> None:
    parser.add_argument("--lake", required=True, metavar="ROOT", help="folder or abfss://<account>")
    parser.set_defaults(run=run)


def _about_handover(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--handover", required=True, metavar="PATH", help="path in the lake")


def _silver(lake: Lake, given: argparse.Namespace) -> None:
    handover = read_handover(lake, given.handover)
    changed = refresh(lake, handover)
    _say(f"hand-over {handover.number}: {len(changed)} tables brought up to date")


def _rebuild(lake: Lake, given: argparse.Namespace) -> None:
    models = [read_model(folder) for folder in given.model]
    handover = rebuild(lake, given.handover, given.table, first_run=given.from_run)
    for table in handover.tables:
        _say(f"{table.table}: made anew of {len(table.runs)} runs")
    for model in models:
        forget_progress(lake, model)
        build_gold(lake, model, read_handover(lake, given.handover))
        _say(f"gold/{model.name}: built whole")


def _maintain(lake: Lake, given: argparse.Namespace) -> None:
    older = timedelta(days=given.retain_days)
    maintenance = maintenance_of(lake, os.environ)
    # First what makes files needless, then the vacuum that removes them.
    run_retention(lake, maintenance, given)
    paths = maintain(lake, maintenance, older, also=given.path)
    _say(f"{len(paths)} tables optimised and vacuumed")


def _release(lake: Lake, given: argparse.Namespace) -> None:
    key = _key(given.key)
    count = release(lake, read_handover(lake, given.handover), given.table, key)
    _say(f"{count} rows of {given.table} let through")


def _key(pairs: Sequence[str]) -> Mapping[str, str]:
    parted = [pair.partition("=") for pair in pairs]
    return {name: value for name, _, value in parted}


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
