"""The current state: of every key its last version, of a table without a key all rows that count."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.handover import Table
from lakehouse.kinds import quoted
from lakehouse.silver.history import Change, add_tombstones, context
from lakehouse.silver.layout import ORDER, differences_place, order_of
from lakehouse.silver.runs import Snapshot


def bring_up_to_date(lake: Lake, change: Change) -> None:
    """Let the keys concerned have their last version, which may be a tombstone."""
    versions = context(lake, change)
    tombstones = add_tombstones(lake, change, versions)
    rows = last_versions(change.table, versions.unionByName(tombstones))
    rows = rows.withColumn("_handover", F.lit(change.number).cast("bigint"))
    present = lake.read(change.table.silver)
    key = list(change.table.key)
    same = ["_op", *key, *ORDER]
    other = lake.put_aside(
        differences_place(change.table.silver),
        rows.join(present.select(*map(quoted, same)), on=same, how="left_anti"),
    )
    there = other.join(present.select(*map(quoted, key)), on=key, how="left_semi")
    if there.limit(1).collect():
        lake.replace_rows(change.table.silver, other, on=key)
    else:
        # All keys are new: an engine need not look at what is there.
        lake.merge(change.table.silver, other, on=key, compare=(), unique=True)


def last_versions(table: Table, versions: DataFrame) -> DataFrame:
    """Choose the last version of each key."""
    key = [F.col(quoted(name)) for name in table.key]
    last = Window.partitionBy(*key).orderBy(
        *(F.col(name).desc() for name in order_of(versions.columns))
    )
    aged = versions.withColumn("_age", F.row_number().over(last))
    return aged.where("_age = 1").drop("_age")


def add_keyless(
    lake: Lake, table: Table, rows: DataFrame | None, snapshots: Sequence[Snapshot]
) -> None:
    """Add the rows of new runs to a table without a key, and take away what a snapshot replaced."""
    floor = max((each.run_no for each in snapshots), default=0)
    if rows is None:
        rows = lake.read(table.silver).where("false")
    lake.append(
        table.silver,
        rows.where(F.col("_run_no") >= floor),
        on=["_run_no", "_row_hash"],
        delete_absent_when=f"t._run_no < {floor}" if floor else None,
    )
