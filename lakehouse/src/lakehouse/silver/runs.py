"""Which runs silver has taken in: what tells a late run, and which snapshots replace what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.bronze import LandedRun
from lakehouse.delta import Lake
from lakehouse.handover import Table

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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A run that replaces all earlier ones; `read_micros` are microseconds since 1970 in UTC."""

    run_no: int
    run_id: str
    read_micros: int


def greatest_run(lake: Lake, table: str) -> int | None:
    """Give the greatest number of a run that was taken in, None before the first."""
    lake.create(PATH, _COLUMNS)
    found = lake.read(PATH).where(F.col("table") == table).agg(F.max("run_no")).collect()
    return found[0][0]


def last_handover(lake: Lake, table: str) -> int | None:
    """Give the greatest number of a hand-over that brought the table runs, None before the first."""
    lake.create(PATH, _COLUMNS)
    found = lake.read(PATH).where(F.col("table") == table).agg(F.max("handover")).collect()
    return found[0][0]


def silver_paths(lake: Lake) -> list[str]:
    """Give the paths of all tables that were ever taken in."""
    return sorted(silver_by_table(lake).values())


def silver_by_table(lake: Lake) -> dict[str, str]:
    """Give all tables that were ever taken in with their paths."""
    lake.create(PATH, _COLUMNS)
    return dict(lake.read(PATH).select("table", "silver").distinct().collect())


def record(lake: Lake, table: Table, landed: Sequence[LandedRun], number: int) -> None:
    """Remember that runs were taken in by a hand-over; the first time counts."""
    lake.create(PATH, _COLUMNS)
    rows = [
        (
            table.table,
            run.run.run_no,
            run.run.run_id,
            run.run.mode,
            run.read_micros,
            run.rows,
            number,
            table.silver,
        )
        for run in landed
    ]
    # Times travel as numbers: a client's own zone would shift them on their way.
    given = {**_COLUMNS, "read_at": "bigint"}
    schema = ", ".join(f"`{name}` {kind}" for name, kind in given.items())
    frame = lake.spark.createDataFrame(rows, schema)
    frame = frame.withColumn("read_at", F.timestamp_micros("read_at"))
    lake.merge(PATH, frame, on=["table", "run_no"], compare=())


def snapshots(lake: Lake, table: str) -> list[Snapshot]:
    """Give all snapshot runs that were taken in, ascending."""
    found = lake.read(PATH).where((F.col("table") == table) & (F.col("mode") == "snapshot"))
    rows = found.selectExpr("run_no", "run_id", "unix_micros(read_at) AS micros").collect()
    return sorted(
        (
            Snapshot(run_no=row["run_no"], run_id=row["run_id"], read_micros=row["micros"])
            for row in rows
        ),
        key=lambda snapshot: snapshot.run_no,
    )
