"""Aggregates: the SQL files of a model, computed whole or for the groups that changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.errors import LakehouseError
from lakehouse.gold.journal import Changes
from lakehouse.gold.model import Table
from lakehouse.gold.rows import all_of, any_of, named
from lakehouse.kinds import quoted

# With more groups than these, a filter costs more than computing them all.
MOST_GROUPS: Final = 200
# Where fewer than these are worth a filter, so many of the changed rows nearly always belong to more.
_FEW_GROUPS: Final = 8
_SOME_ROWS: Final = 1000


class QueryDiffers(LakehouseError):
    """Make the SELECT give exactly the columns that `model.yml` lists for the table, or list them."""


def view_name(read: str) -> str:
    """Give the name by which SQL calls a table: gold's own name, or `silver_shop_dbo_Item`."""
    return "silver_" + re.sub(r"[^A-Za-z0-9_]", "_", read) if "/" in read else read


def aggregate(spark: SparkSession, table: Table, reads: Mapping[str, DataFrame]) -> DataFrame:
    """Give the rows of the SELECT over these tables, in the declared types.

    The result looks its tables up by name when it is used: use it before the next call.

    Raises:
        QueryDiffers: the SELECT gives other columns than those declared.
    """
    result = _selected(spark, table, reads)
    declared = {column.name for column in table.columns}
    if set(result.columns) != declared:
        differing = ", ".join(sorted(declared ^ set(result.columns)))
        raise QueryDiffers(f"{table.sql} and its declaration differ in {differing}")
    return _typed(result, table)


def _selected(spark: SparkSession, table: Table, reads: Mapping[str, DataFrame]) -> DataFrame:
    for name, rows in reads.items():
        rows.createOrReplaceTempView(view_name(name))
    return spark.sql(table.query)


def _typed(result: DataFrame, table: Table) -> DataFrame:
    columns = (named(column.name).cast(column.type).alias(column.name) for column in table.columns)
    return result.select(*columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """An aggregate that is to be refreshed in part.

    `reads` are the tables that its SELECT reads, `changes` how those of them changed that did,
    `present` its rows as they are, and `lookups` the keys of the dimensions that it only looks up.
    """

    table: Table
    reads: Mapping[str, DataFrame]
    changes: Mapping[str, Changes]
    present: DataFrame
    lookups: Mapping[str, Sequence[str]]


def affected_groups(spark: SparkSession, part: Refresh) -> Sequence[tuple[object, ...]] | None:
    """Give the groups that changed rows belong or belonged to; None if computing all costs less.

    The SELECT itself says it: run over the changed rows of one table and over all rows of the
    others, those that are not there any more included, it gives a row for each such group. It may
    give groups besides, never too few, as long as more rows never make a group disappear. Of a
    dimension that is only looked up, the rows that are there say it.
    """
    most = min(MOST_GROUPS, _groups(part.present, part.table).count() // 2)
    if most < _FEW_GROUPS:
        some = {name: _some(changes) for name, changes in part.changes.items()}
        if len(_found(spark, replace(part, changes=some), most)) > most:
            return None
    found = _found(spark, part, most)
    return None if len(found) > most else sorted(found, key=repr)


def _some(changes: Changes) -> Changes:
    return replace(changes, was=changes.was.limit(_SOME_ROWS), now=changes.now.limit(_SOME_ROWS))


def _found(spark: SparkSession, part: Refresh, most: int) -> set[tuple[object, ...]]:
    """Give the groups of changed rows, or more than `most` of them where there are more."""
    found: set[tuple[object, ...]] = set()
    looked_up = [name for name in part.changes if name in part.lookups]
    for changed in (*(name for name in part.changes if name not in part.lookups), *looked_up):
        rows = (
            _looking_up(part, changed)
            if changed in looked_up
            else _of_changed(spark, part, changed)
        )
        # In some order, as Sail cannot limit what is distinct without one.
        few = _groups(rows, part.table).orderBy(*map(quoted, part.table.groups)).limit(most + 1)
        found |= {tuple(row) for row in few.collect()}
        if len(found) > most:
            break
    return found


def _of_changed(spark: SparkSession, part: Refresh, changed: str) -> DataFrame:
    """Give what the SELECT makes of the changed rows of a table; its columns were looked at when all was built."""
    seen = {
        name: rows.unionByName(part.changes[name].was) if name in part.changes else rows
        for name, rows in part.reads.items()
    }
    rows = part.changes[changed]
    seen[changed] = rows.was.unionByName(rows.now)
    return _typed(_selected(spark, part.table, seen), part.table)


def _looking_up(part: Refresh, changed: str) -> DataFrame:
    """Give the rows that say something of a member that changed."""
    key = [quoted(name) for name in part.lookups[changed]]
    rows = part.changes[changed]
    members = rows.was.select(*key).unionAll(rows.now.select(*key)).distinct()
    return part.present.join(members, on=list(part.lookups[changed]), how="left_semi")


def _groups(rows: DataFrame, table: Table) -> DataFrame:
    return rows.select(*map(quoted, table.groups)).distinct()


def in_groups(rows: DataFrame, table: Table, groups: Sequence[tuple[object, ...]]) -> DataFrame:
    """Keep the rows of these groups."""
    return rows.where(any_of([_is_group(table, group) for group in groups]))


def _is_group(table: Table, group: tuple[object, ...]) -> Expression:
    equal = [
        named(name).eqNullSafe(F.lit(value).cast(table.column(name).type))
        for name, value in zip(table.groups, group, strict=True)
    ]
    return all_of(equal)
