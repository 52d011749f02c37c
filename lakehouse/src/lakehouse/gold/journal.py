"""Which rows of a gold table a refresh changed, before and after: what aggregates are refreshed by.

A change is written here before the table is merged. If the refresh dies in between, the next one
finds the same differences again.
"""

from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.delta import Lake
from lakehouse.gold.model import Model, Table
from lakehouse.gold.rows import is_empty, named, touched

_OLD: Final = "_was"
_HANDOVER: Final = "_handover"


def journal_path(model: Model, table: Table) -> str:
    """Give where the changes of a table lie."""
    return f"gold/_changes/{model.name}/{table.name}"


def is_journaled(model: Model, table: Table) -> bool:
    """Tell whether an aggregate reads the table."""
    return any(table.name in each.reads for each in model.tables)


def journal_rows(table: Table, handover: int, *, was: DataFrame, now: DataFrame) -> DataFrame:
    """Give rows as they were and as they are to be, as they are kept."""
    names = [column.name for column in table.layout]
    images = [
        rows.select(*map(named, names)).withColumn(_OLD, F.lit(old))
        for rows, old in ((was, True), (now, False))
    ]
    rows = images[0].unionByName(images[1])
    return rows.withColumn(_HANDOVER, F.lit(handover).cast("bigint"))


def write_changes(lake: Lake, path: str, rows: DataFrame, since: int) -> None:
    """Keep these changes beside those of hand-overs after `since`; the others every aggregate has gone through.

    After a refresh that died some may be kept twice, which makes no other group an affected one.
    """
    if lake.columns(path) == dict(rows.dtypes):
        needed = lake.read(path).where(F.col(_HANDOVER) > since)
        lake.overwrite(path, needed.unionByName(rows))
    else:
        # There is none yet, or it is of a table that was declared otherwise and built whole since.
        lake.overwrite(path, rows, options={"overwriteSchema": "true"})


def read_changes(
    lake: Lake, model: Model, table: Table, handover: int, through: int
) -> tuple[DataFrame, DataFrame] | None:
    """Give the rows as they were and as they became since `through`; None where nothing changed."""
    path = journal_path(model, table)
    if not lake.exists(path):
        return None
    rows = touched(lake.read(path), handover, through)
    if is_empty(rows):
        return None
    names = [named(column.name) for column in table.layout]
    was = F.col(_OLD)
    return rows.where(was).select(*names), rows.where(~was).select(*names)
