"""Which runs silver has taken in: what tells a late run, and which snapshots replace what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.bronze import LandedRun
from lakehouse.delta import Lake
from lakehouse.handover import Table
from lakehouse.kinds import declared

PATH = "silver/_runs"
_COLUMNS = {
    "table": "string",
    "run_no": "bigint",
    "run_id": "string",
    "mode": "string",
    "read_at": "timestamp",
    "rows": "bigint",
    "handover": "bigint",
    "silver": "string",
    "folder": "string",
    "bronze": "string",
}
# What `bronze` says of a run whose folder is being removed, or is gone; NULL: it is there.
REMOVING, REMOVED = "removing", "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """A run that was taken in; `read_micros` as of a snapshot, `folder` is unknown of early ones."""

    table: str
    run_no: int
    run_id: str
    mode: str
    read_micros: int
    handover: int
    silver: str
    folder: str | None
    bronze: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A run that replaces all earlier ones; `read_micros` are microseconds since 1970 in UTC."""

    run_no: int
    run_id: str
    read_micros: int


def greatest(taken: Iterable[TakenIn]) -> int | None:
    """Give the greatest number of runs of a table that were taken in, None before the first."""
    return max((run.run_no for run in taken), default=None)


def last_handover(lake: Lake) -> int:
    """Give the greatest number of a hand-over that was taken in, 0 before the first."""
    lake.create(PATH, _COLUMNS)
    return lake.read(PATH).agg(F.max("handover")).collect()[0][0] or 0


def silver_paths(lake: Lake) -> list[str]:
    """Give the paths of all tables that were ever taken in."""
    return sorted(silver_by_table(lake).values())


def silver_by_table(lake: Lake) -> dict[str, str]:
    """Give all tables that were ever taken in with their paths."""
    lake.create(PATH, _COLUMNS)
    return dict(lake.read(PATH).select("table", "silver").distinct().collect())


def taken_in(lake: Lake, *tables: str) -> list[TakenIn]:
    """Give all runs that were taken in, of some tables if they are named, ascending by table and number."""
    _open(lake)
    found = lake.read(PATH)
    if tables:
        found = found.where(F.col("table").isin(*tables))
    names = ("table", "run_no", "run_id", "mode", "handover", "silver", "folder", "bronze")
    rows = found.select(*names, F.unix_micros("read_at").alias("read_micros")).collect()
    every = [TakenIn(**row.asDict()) for row in rows]
    return sorted(every, key=lambda run: (run.table, run.run_no))


def removed(taken: Iterable[TakenIn]) -> set[int]:
    """Give the numbers of a table's runs that were removed from bronze, or are being."""
    return {run.run_no for run in taken if run.bronze}


def checkpoint(taken: Iterable[TakenIn]) -> int | None:
    """Give the greatest run of a table that was removed from bronze, or is being; None if there is none."""
    return max(removed(taken), default=None)


def mark(lake: Lake, taken: Sequence[TakenIn], bronze: str) -> None:
    """Write down what becomes of the folders of runs."""
    if taken:
        rows = [(run.table, run.run_no, bronze) for run in taken]
        frame = lake.spark.createDataFrame(rows, "`table` string, run_no bigint, bronze string")
        lake.merge(PATH, frame, on=["table", "run_no"], unique=True)


def record(
    lake: Lake,
    table: Table,
    landed: Sequence[LandedRun],
    number: int,
    taken: Sequence[TakenIn],
) -> list[TakenIn]:
    """Remember that runs were taken in by a hand-over, but for those that are `taken` already.

    Returns:
        All runs of the table that are taken in now, ascending by number.
    """
    known = {run.run_no for run in taken}
    new = [run for run in landed if run.run.run_no not in known]
    if not new:
        return list(taken)
    every = [_taken(table, run, number) for run in new]
    rows = [
        (
            each.table,
            each.run_no,
            each.run_id,
            each.mode,
            each.read_micros,
            run.rows,
            each.handover,
            each.silver,
            each.folder,
        )
        for each, run in zip(every, new, strict=True)
    ]
    # Times travel as numbers: a client's own zone would shift them on their way.
    given = {**_COLUMNS, "read_at": "bigint"}
    del given["bronze"]
    frame = lake.spark.createDataFrame(rows, declared(given))
    frame = frame.withColumn("read_at", F.timestamp_micros("read_at"))
    lake.add(PATH, frame)
    return sorted([*taken, *every], key=lambda run: run.run_no)


def forget(lake: Lake, table: str) -> None:
    """Forget that runs of a table were taken in, but for those that are not in bronze any more."""
    _open(lake)
    gone = lake.read(PATH).where((F.col("table") == table) & F.col("bronze").isNull())
    gone = gone.select("table", "run_no")
    gone = gone.withColumn("_gone", F.lit(True))  # noqa: FBT003 - Spark takes it by position only
    lake.merge(PATH, gone, on=["table", "run_no"], compare=(), delete_when="s._gone", unique=True)


def snapshots(taken: Iterable[TakenIn]) -> list[Snapshot]:
    """Give the snapshots among a table's runs that are in bronze still, ascending as they are.

    What follows from those that were removed stands in the history as it is: it is not made anew.
    """
    return [
        Snapshot(run_no=run.run_no, run_id=run.run_id, read_micros=run.read_micros)
        for run in taken
        if run.mode == "snapshot" and not run.bronze
    ]


def _taken(table: Table, run: LandedRun, number: int) -> TakenIn:
    return TakenIn(
        table=table.table,
        run_no=run.run.run_no,
        run_id=run.run.run_id,
        mode=run.run.mode,
        read_micros=run.read_micros,
        handover=number,
        silver=table.silver,
        folder=run.run.folder,
        bronze=None,
    )


def _open(lake: Lake) -> None:
    """Make the table, or give one from before the columns that it lacks."""
    lake.create(PATH, _COLUMNS)
    lake.evolve(PATH, _COLUMNS)
