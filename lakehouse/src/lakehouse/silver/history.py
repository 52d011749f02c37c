"""Every version of every key, and the tombstones that follow from snapshots.

A tombstone is derived: a key whose version lies before a snapshot run that does not hold the key is
gone since that run. Which tombstones there are follows from all versions and snapshots alone, so
that it does not count in which order they came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.counting import is_empty
from lakehouse.delta import Lake
from lakehouse.handover import Table
from lakehouse.kinds import hashed, quoted
from lakehouse.refusals import repeated
from lakehouse.silver.layout import META, ORDER, order_of
from lakehouse.silver.runs import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a hand-over, or a release, has to bring up to date in a table with a key.

    `number` is written to the rows. `since` is the smallest run that is new. `in_order`: no run was
    taken in before that is as great, so that the current state stands for all that is older.
    `everything`: a snapshot is new, which concerns all keys and not only those of the new rows.
    `once`: it is known that no key has two versions since the smallest run.
    """

    table: Table
    columns: dict[str, str]
    number: int
    runs: tuple[int, ...]
    snapshots: tuple[Snapshot, ...]
    in_order: bool
    everything: bool
    once: bool = False

    @property
    def since(self) -> int:
        """The smallest run that is new."""
        return min(self.runs)

    @property
    def relevant(self) -> list[Snapshot]:
        """The snapshots after which a key may be gone, ascending."""
        return [each for each in self.snapshots if not self.in_order or each.run_no >= self.since]

    @property
    def on_top(self) -> bool:
        """Whether what is new is later than all that is there, and nothing follows for other keys.

        Of files it need not be: one that is found late is older than its run.
        """
        by_run = order_of([*self.columns, *META]) == ORDER
        return self.in_order and by_run and not self.relevant


def add_versions(lake: Lake, table: Table, rows: DataFrame, since: int) -> bool:
    """Add versions that are not there yet; none of them lies before the run `since`.

    Returns:
        Whether it is known that no key has two versions since then.
    """
    on = [*table.key, *ORDER]
    # That no key repeats, as is nearly always so, is found out by the keys alone.
    once = not repeated(rows, table.key)
    # A hash of the values is in the order, so that versions of one place are equal altogether.
    if not once and repeated(rows, on):
        rows = rows.distinct()
    within = f"_run_no >= {since}"
    if not is_empty(lake.read(table.history).where(within)):
        lake.merge(table.history, rows, on=on, compare=(), within=f"t.{within}", unique=True)
        return False
    lake.add(table.history, rows)
    return once


def context(lake: Lake, change: Change) -> DataFrame:
    """Give the versions that decide on the keys concerned: of those, all that are new or in doubt.

    Where the runs came in order, the current state holds what is before them; a tombstone in it
    stands as it is. Otherwise all versions count and tombstones are made anew.
    """
    history = lake.read(change.table.history)
    if change.in_order:
        before = lake.read(change.table.silver).where(F.col("_run_no") < change.since)
        recent = history.where(F.col("_run_no") >= change.since)
        versions = recent.unionByName(before.select(recent.columns))
    else:
        versions = history.where(~_is_derived(change))
    return _concerned(lake, change, versions)


def add_tombstones(lake: Lake, change: Change, versions: DataFrame) -> DataFrame:
    """Write the tombstones that follow from the versions, take back those that do not any more.

    Returns:
        The tombstones as they are now.
    """
    if not change.snapshots:
        return versions.where("false")
    wanted = _tombstones(lake, change, versions)
    rows = wanted.withColumn("_stale", F.lit(False))  # noqa: FBT003 - Spark takes it by position only
    on = [*change.table.key, *ORDER]
    if not change.in_order:
        there = lake.read(change.table.history).where(_is_derived(change))
        stale = _concerned(lake, change, there).join(wanted, on=on, how="left_anti")
        stale = stale.withColumn("_stale", F.lit(True))  # noqa: FBT003 - as above
        rows = rows.unionByName(stale.select(rows.columns))
    lake.merge(change.table.history, rows, on=on, compare=(), delete_when="s._stale", unique=True)
    return wanted


def _tombstones(lake: Lake, change: Change, versions: DataFrame) -> DataFrame:
    """Give a tombstone for every version with a snapshot behind it and before the key's next one."""
    key = [F.col(quoted(name)) for name in change.table.key]
    seen = versions.select(*key, "_op", *ORDER)
    # A row that was set aside was at the source: a snapshot that holds it does not lack its key.
    whole = reduce(Column.__and__, [name.isNotNull() for name in key])
    aside = lake.read(change.table.quarantine).where(F.col("_released_in").isNull() & whole)
    seen = seen.unionByName(_concerned(lake, change, aside).select(*key, "_op", *ORDER))
    order = Window.partitionBy(*key).orderBy(*ORDER)
    gone = F.coalesce(
        *[
            F.when(F.col("_run_no") < each.run_no, F.lit(each.run_no).cast("bigint"))
            for each in change.relevant
        ],
        F.lit(None).cast("bigint"),
    )
    ended = (
        seen.withColumn("_next", F.lead("_run_no").over(order))
        .withColumn("_gone", gone)
        .where("_op <> 'delete' AND _gone IS NOT NULL AND (_next IS NULL OR _gone < _next)")
    )
    values: dict[str, Column] = {
        "_op": F.lit("delete"),
        "_run_no": F.col("_gone"),
        "_read_at": F.timestamp_micros(
            _of_snapshot(change, lambda each: F.lit(each.read_micros).cast("bigint"))
        ),
        "_run_id": _of_snapshot(change, lambda each: F.lit(each.run_id)),
        "_row_hash": _key_hash(change),
        "_handover": F.lit(change.number).cast("bigint"),
    }
    kinds = {**change.columns, **META}
    return ended.select(
        [
            (
                F.col(quoted(name))
                if name in change.table.key
                else values.get(name, F.lit(None)).cast(kind)
            ).alias(name)
            for name, kind in kinds.items()
        ]
    )


def _of_snapshot(change: Change, value: Callable[[Snapshot], Column]) -> Column:
    """Choose a value by the snapshot after which the key is gone."""
    choices = [F.when(F.col("_gone") == each.run_no, value(each)) for each in change.relevant]
    return F.coalesce(*choices, F.lit(None))


def _key_hash(change: Change) -> Column:
    kinds = {name: change.columns[name] for name in change.table.key}
    return hashed(kinds, F.lit(True))  # noqa: FBT003 - Spark takes it by position only


def _is_derived(change: Change) -> Column:
    """Tell tombstones that follow from a snapshot: a delete of a snapshot run without any value."""
    runs = [each.run_no for each in change.snapshots]
    of_snapshot = F.col("_run_no").isin(runs) if runs else F.lit(False)  # noqa: FBT003 - as above
    return of_snapshot & (F.col("_op") == "delete") & (F.col("_row_hash") == _key_hash(change))


def _concerned(lake: Lake, change: Change, rows: DataFrame) -> DataFrame:
    """Leave the rows of the keys that the new runs concern."""
    if change.everything:
        return rows
    key = [quoted(name) for name in change.table.key]
    of_new_runs = F.col("_run_no").isin(list(change.runs))
    tables = (change.table.history, change.table.quarantine)
    keys = reduce(
        DataFrame.union, [lake.read(path).where(of_new_runs).select(*key) for path in tables]
    )
    return rows.join(keys.distinct(), on=list(change.table.key), how="left_semi")
