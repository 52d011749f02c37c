"""The current state: of every key its last version, of a table without a key all rows that count."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.handover import Table
from lakehouse.kinds import quoted
from lakehouse.parquet import put_aside
from lakehouse.replacing import replace_rows
from lakehouse.silver.history import Change, add_tombstones, context
from lakehouse.silver.layout import ORDER, differences_place, order_of
from lakehouse.silver.runs import Snapshot


def bring_up_to_date(lake: Lake, change: Change) -> None:
    """Let the keys concerned have their last version, which may be a tombstone."""
    other = _on_top(lake, change) if change.on_top else _decided(lake, change)
    replace_rows(lake, change.table.silver, other, on=change.table.key)


def _on_top(lake: Lake, change: Change) -> DataFrame:
    """Give the last of the new versions of each key: whatever is there is older."""
    rows = lake.read(change.table.history).where(F.col("_run_no") >= change.since)
    if not change.once:
        place = differences_place(change.table.silver)
        rows = put_aside(lake, place, last_versions(change.table, rows))
    return _of_handover(rows, change)


def _decided(lake: Lake, change: Change) -> DataFrame:
    """Give the last of all versions that decide, of each key that has another one now."""
    versions = context(lake, change)
    tombstones = add_tombstones(lake, change, versions)
    rows = last_versions(change.table, versions.unionByName(tombstones))
    same = ["_op", *change.table.key, *ORDER]
    present = lake.read(change.table.silver)
    other = rows.join(present.select(*map(quoted, same)), on=same, how="left_anti")
    place = differences_place(change.table.silver)
    return put_aside(lake, place, _of_handover(other, change))


def _of_handover(rows: DataFrame, change: Change) -> DataFrame:
    return rows.withColumn("_handover", F.lit(change.number).cast("bigint"))


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
