"""Removing what is old and not needed any more: runs of bronze, and rows of quarantine.

Of a table, runs are removed from the oldest on, up to its last snapshot: they count for nobody who
reads bronze. Silver's history has all their versions; what it has up to the last run that was
removed, the table's checkpoint, stands as it is from then on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import groupby, takewhile

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.errors import FileMissing, RetentionShort
from lakehouse.handover import Handover, Table, path_of, read_handover
from lakehouse.kinds import quoted
from lakehouse.maintenance import SHORTEST, Maintenance
from lakehouse.places import file_place
from lakehouse.releasing import last_gone_through
from lakehouse.silver import runs
from lakehouse.silver.runs import REMOVED, REMOVING, TakenIn
from lakehouse.texts import read_text


def about_retention(care: argparse.ArgumentParser) -> None:
    """Tell what the command takes for retention; without it nothing is removed."""
    care.add_argument(
        "--retain-bronze-days",
        type=int,
        metavar="DAYS",
        help="remove older runs that a snapshot replaces",
    )
    care.add_argument(
        "--retain-quarantine-days",
        type=int,
        metavar="DAYS",
        help="remove rows that were dealt with earlier",
    )


def run_retention(lake: Lake, maintenance: Maintenance, given: argparse.Namespace) -> None:
    """Remove what the command's options say, and say how much it was."""
    now = datetime.now(UTC)
    if given.retain_bronze_days is not None:
        folders = retain_bronze(lake, maintenance, timedelta(days=given.retain_bronze_days), now)
        sys.stdout.write(f"{len(folders)} runs removed from bronze\n")
    if given.retain_quarantine_days is not None:
        older = timedelta(days=given.retain_quarantine_days)
        last = last_gone_through(lake, 0)
        count = 0
        if last:
            count = retain_quarantine(lake, read_handover(lake, path_of(last)), older, now)
        sys.stdout.write(f"{count} rows removed from quarantine\n")


def retain_bronze(
    lake: Lake, maintenance: Maintenance, older: timedelta, now: datetime
) -> list[str]:
    """Remove the folders of runs that were read longer ago than `older` and that a later snapshot replaces.

    A run is removed only if it was taken in by an earlier hand-over than the last: that one may have
    to be repeated. Whoever repeats this after a death goes on with what was begun.

    Returns:
        The folders' paths.

    Raises:
        RetentionShort: `older` is less than a week.
    """
    _check(older)
    every = runs.taken_in(lake)
    newest = max((run.handover for run in every), default=0)
    by_table = groupby(every, key=lambda run: run.table)
    chosen = [run for _, mine in by_table for run in _replaced(list(mine), newest, now - older)]
    runs.mark(lake, chosen, REMOVING)
    begun = [*chosen, *(run for run in every if run.bronze == REMOVING)]
    folders = [run.folder for run in begun if run.folder is not None]
    for folder in folders:
        maintenance.remove_run(file_place(lake.root, folder))
    runs.mark(lake, begun, REMOVED)
    return folders


def retain_quarantine(lake: Lake, handover: Handover, older: timedelta, now: datetime) -> int:
    """Remove rows that were released, or are followed by a later version, for longer than `older`.

    Only rows up to a table's checkpoint: of runs that may be read again it has to be known which of
    their rows were let through. A row that still waits for its release stays.

    Returns:
        How many rows were removed.

    Raises:
        RetentionShort: `older` is less than a week.
    """
    _check(older)
    count = 0
    for table in handover.tables:
        upto = runs.checkpoint(runs.taken_in(lake, table.table))
        if upto is not None and lake.exists(table.quarantine):
            count += _remove_aside(lake, table, upto, now - older)
    return count


def _check(older: timedelta) -> None:
    if older < SHORTEST:
        raise RetentionShort(f"{older} is less than {SHORTEST}")


def _replaced(mine: Sequence[TakenIn], newest: int, before: datetime) -> list[TakenIn]:
    """Choose from the oldest on, with no gap: what stands up to the last removed run stands whole."""
    there = [run for run in mine if not run.bronze]
    last = max((run.run_no for run in there if run.mode == "snapshot"), default=0)
    limit = before.astimezone(UTC).timestamp() * 1_000_000

    def is_replaced(run: TakenIn) -> bool:
        old = run.read_micros < limit and run.handover < newest
        return old and run.run_no < last and run.folder is not None

    return list(takewhile(is_replaced, there))


def _remove_aside(lake: Lake, table: Table, upto: int, before: datetime) -> int:
    rows = lake.read(table.quarantine).where(F.col("_run_no") <= upto)
    numbers = [row[0] for row in rows.select("_released_in").distinct().collect()]
    old = [number for number in numbers if number is not None and _made(lake, number) < before]
    done = rows.where(F.col("_released_in").isin(old)) if old else rows.where("false")
    if table.key:
        done = done.unionByName(_superseded(lake, table, upto, before))
    doomed = done.select("_run_no", "_row_hash").distinct().withColumn("_stale", F.expr("true"))
    count = doomed.count()
    lake.merge(
        table.quarantine,
        doomed,
        on=["_run_no", "_row_hash"],
        compare=(),
        delete_when="s._stale",
        unique=True,
    )
    return count


def _superseded(lake: Lake, table: Table, upto: int, before: datetime) -> DataFrame:
    """Give the rows whose key has a later version up to the checkpoint, read before a time.

    A version behind the checkpoint will not do: a snapshot there may lack the key, which the row in
    quarantine alone says was there before.
    """
    key = [quoted(name) for name in table.key]
    micros = int(before.timestamp() * 1_000_000)
    rows, last = (
        lake.read(path).where(F.col("_run_no") <= upto)
        for path in (table.quarantine, table.history)
    )
    last = last.where(F.unix_micros("_read_at") < micros)
    last = last.select(
        *[F.col(name).alias(f"_k{at}") for at, name in enumerate(key)],
        F.col("_run_no").alias("_last"),
    )
    same = [F.col(name) == F.col(f"_k{at}") for at, name in enumerate(key)]
    later = reduce(Column.__and__, same) & (F.col("_last") > F.col("_run_no"))
    return rows.join(last, later, "left_semi")


def _made(lake: Lake, number: int) -> datetime:
    """Say when a hand-over was made; one that is not there yet is young."""
    try:
        text = read_text(lake, path_of(number))
    except FileMissing:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromisoformat(json.loads(text)["created_at"])
