"""The source's state as far as it was read: of every key its last version, in silver or set aside.

Silver keeps the older good version where a newer one was set aside; here the newer one counts, so
that a broken rule shows as broken until the source is repaired or the row is released.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.handover import Table
from lakehouse.kinds import projected, quoted
from lakehouse.silver import runs
from lakehouse.silver.current import last_versions
from lakehouse.silver.layout import ASIDE


def present_state(lake: Lake, table: Table) -> DataFrame:
    """Give the rows that are not deleted, with silver's columns.

    A row without its whole key is told from no other, so that each of them counts while it waits.
    """
    columns = dict(lake.read(table.silver).dtypes)
    aside = lake.read(table.quarantine).where("_released_in IS NULL").drop(*ASIDE)
    if not table.key:
        snapshots = runs.snapshots(runs.taken_in(lake, table.table))
        last = max((each.run_no for each in snapshots), default=0)
        aside = aside.where(F.col("_run_no") >= last)
    rows = lake.read(table.silver).unionByName(projected(aside, columns))
    if table.key:
        whole = reduce(Column.__and__, [F.col(quoted(name)).isNotNull() for name in table.key])
        rows = last_versions(table, rows.where(whole)).unionByName(rows.where(~whole))
    return rows.where("_op <> 'delete'")
