"""The source's state as far as it was read: of every key its last version, in silver or set aside.

Silver keeps the older good version where a newer one was set aside; here the newer one counts, so
that a broken rule shows as broken until the source is repaired or the row is released.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.handover import Table
from lakehouse.kinds import projected, quoted
from lakehouse.silver import runs
from lakehouse.silver.layout import ASIDE, ORDER

_LATEST = "_latest"


def last_versions(lake: Lake, table: Table) -> DataFrame:
    """Give the rows that are not deleted, with silver's columns.

    A row without its whole key is told from no other, so that each of them counts while it waits.
    """
    columns = dict(lake.read(table.silver).dtypes)
    aside = lake.read(table.quarantine).where("_released_in IS NULL").drop(*ASIDE)
    if not table.key:
        last = max((each.run_no for each in runs.snapshots(lake, table.table)), default=0)
        aside = aside.where(F.col("_run_no") >= last)
    rows = lake.read(table.silver).unionByName(projected(aside, columns))
    if table.key:
        key = [F.col(quoted(name)) for name in table.key]
        order = Window.partitionBy(*key).orderBy(*[F.col(name).desc() for name in ORDER])
        whole = F.lit(True)  # noqa: FBT003 - Spark takes it by position only
        for column in key:
            whole = whole & column.isNotNull()
        rows = rows.withColumn(_LATEST, (F.row_number().over(order) == 1) | ~whole)
        rows = rows.where(_LATEST).drop(_LATEST)
    return rows.where("_op <> 'delete'")
