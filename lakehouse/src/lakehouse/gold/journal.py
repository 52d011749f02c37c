"""Which rows of a gold table a refresh changed, before and after: what other tables are refreshed by.

A change is written here before the table is merged. If the refresh dies in between, the next one
finds the same differences again.
"""

from dataclasses import dataclass, replace
from typing import Final

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.counting import is_empty
from lakehouse.delta import Lake
from lakehouse.gold.model import VALID_FROM, VALID_TO, Kind, Model, Table
from lakehouse.gold.rows import EARLIEST, named, touched
from lakehouse.kinds import quoted

SINCE: Final = "_since"
"""Of a member that changed: the time from which facts may point to another version of it."""

_OLD: Final = "_was"
_HANDOVER: Final = "_handover"
_NEVER: Final = "9999-12-31 00:00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Members of a dimension that changed: their business keys, each with the time `SINCE`.

    A key may be there several times. `since` is the least of the times, in microseconds since 1970
    in UTC.
    """

    keys: DataFrame
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How a table changed: the rows that are not any more, as they `was`, and those that are `now`."""

    was: DataFrame
    now: DataFrame
    moved: Moved | None = None
    """Of a dimension alone."""


def journal_path(model: Model, table: Table) -> str:
    """Give where the changes of a table lie."""
    return f"gold/_changes/{model.name}/{table.name}"


def is_journaled(model: Model, table: Table) -> bool:
    """Tell whether an aggregate reads the table, or facts point to it."""
    pointed_to = (each.dimension for other in model.tables for each in other.relationships)
    return any(table.name in each.reads for each in model.tables) or table.name in pointed_to


def journal_rows(table: Table, handover: int, *, was: DataFrame, now: DataFrame) -> DataFrame:
    """Give rows as they were and as they are to be, as they are kept."""
    names = [column.name for column in table.layout]
    images = [
        rows.select(*map(named, names)).withColumn(_OLD, F.lit(old))
        for rows, old in ((was, True), (now, False))
    ]
    rows = images[0].unionByName(images[1])
    if table.kind.is_dimension:
        rows = rows.withColumn(SINCE, _since(table))
    return rows.withColumn(_HANDOVER, F.lit(handover).cast("bigint"))


def write_changes(lake: Lake, path: str, rows: DataFrame, since: int) -> None:
    """Keep these changes beside those of hand-overs after `since`; the others everyone has gone through.

    After a refresh that died some may be kept twice, which makes no other row an affected one.
    """
    if lake.columns(path) == dict(rows.dtypes):
        needed = lake.read(path).where(F.col(_HANDOVER) > since)
        lake.overwrite(path, needed.unionByName(rows))
    else:
        # There is none yet, or it is of a table that was declared otherwise and built whole since.
        lake.overwrite(path, rows, options={"overwriteSchema": "true"})


def read_changes(
    lake: Lake, model: Model, table: Table, handover: int, through: int
) -> Changes | None:
    """Give how the table changed since the hand-over `through`; None where nothing did."""
    path = journal_path(model, table)
    if not lake.exists(path):
        return None
    rows = touched(lake.read(path), handover, through)
    names = [named(column.name) for column in table.layout]
    was = F.col(_OLD)
    changes = Changes(was=rows.where(was).select(*names), now=rows.where(~was).select(*names))
    if not table.kind.is_dimension:
        return None if is_empty(rows) else changes
    since = rows.agg(F.unix_micros(F.min(SINCE))).collect()[0][0]
    if since is None:
        return None
    keys = rows.select(*map(named, table.key), SINCE)
    return replace(changes, moved=Moved(keys=keys, since=since))


def _since(table: Table) -> Expression:
    """Give from when on a row that is not any more, or is new, makes a difference to who looks a member up.

    A version that only ends at another time is among both, with all else equal: it makes none until
    the earlier of its two ends.
    """
    if table.kind is not Kind.SCD2:
        return F.lit(EARLIEST).cast("timestamp")
    names = [table.surrogate, *(column.name for column in table.columns), VALID_FROM]
    alike = Window.partitionBy(*map(quoted, names))
    ends = F.min(F.coalesce(named(VALID_TO), F.lit(_NEVER).cast("timestamp"))).over(alike)
    return F.when(F.count("*").over(alike) > 1, ends).otherwise(named(VALID_FROM))
