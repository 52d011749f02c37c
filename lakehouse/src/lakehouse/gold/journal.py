"""Which rows of a gold table a refresh changed, before and after: what other tables are refreshed by.

They are what the refresh put aside before it wrote the table. If it dies, or fails at a table that
comes later, the next one keeps them in a table of changes before it puts others in their place. So
they are in one of the two places until all who ask have gone through them.
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
from lakehouse.parquet import read_aside

SINCE: Final = "_since"
"""Of a member that changed: the time from which facts may point to another version of it."""

SIDE: Final = "_side"
"""Of a row that was put aside: above 0 where the table is to have it, below where it had it."""

HANDOVER: Final = "_handover"
"""Of a row that was put aside, or is kept: the hand-over that made it differ."""

_OLD: Final = "_was"
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


def differences_path(model: Model, name: str) -> str:
    """Give the folder in which a refresh puts rows aside for a table, or under another name."""
    return f"gold/_differences/{model.name}/{name}"


def differences_columns(table: Table) -> dict[str, str]:
    """Give the columns of what is put aside for a table, with their types."""
    return {**table.types, SIDE: "bigint", HANDOVER: "bigint"}


def journal_path(model: Model, table: Table) -> str:
    """Give where changes lie that a refresh has left which did not come to its end."""
    return f"gold/_changes/{model.name}/{table.name}"


def is_journaled(model: Model, table: Table) -> bool:
    """Tell whether an aggregate reads the table, or facts point to it."""
    pointed_to = (each.dimension for other in model.tables for each in other.relationships)
    return any(table.name in each.reads for each in model.tables) or table.name in pointed_to


def keep_changes(lake: Lake, model: Model, table: Table, since: int) -> None:
    """Keep what was put aside by hand-overs after `since`, and may be written; in one commit, or in none.

    Nearly always there is nothing: all have gone through what the refresh before this one has put
    aside. Some may be kept twice, or without having been written, which makes no other row an
    affected one.
    """
    left = _read_aside(lake, model, table).where(F.col(HANDOVER) > since)
    if is_empty(left):
        return
    path, rows = journal_path(model, table), _changed(table, left)
    if lake.columns(path) == _columns(table):
        needed = lake.read(path).where(F.col(HANDOVER) > since)
        lake.overwrite(path, needed.unionByName(rows))
    else:
        # There is none yet, or it is of a table that was declared otherwise and built whole since.
        lake.overwrite(path, rows, options={"overwriteSchema": "true"})


def read_changes(
    lake: Lake, model: Model, table: Table, handover: int, through: int
) -> Changes | None:
    """Give how the table changed since the hand-over `through`; None where nothing did."""
    rows = _changed(table, touched(_read_aside(lake, model, table), handover, through))
    path = journal_path(model, table)
    if lake.columns(path) == _columns(table):
        rows = rows.unionByName(touched(lake.read(path), handover, through))
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


def _read_aside(lake: Lake, model: Model, table: Table) -> DataFrame:
    return read_aside(lake, differences_path(model, table.name), differences_columns(table))


def _columns(table: Table) -> dict[str, str]:
    since = {SINCE: "timestamp"} if table.kind.is_dimension else {}
    return {**table.types, _OLD: "boolean", **since, HANDOVER: "bigint"}


def _changed(table: Table, aside: DataFrame) -> DataFrame:
    """Give rows that one refresh has put aside as they are kept."""
    rows = aside.withColumn(_OLD, F.col(SIDE) < 0)
    if table.kind.is_dimension:
        rows = rows.withColumn(SINCE, _since(table))
    return rows.select(*map(named, _columns(table)))


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
