"""How a part of a gold table differs from what it is to be: computed once, put aside, and checked."""

from dataclasses import dataclass

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.errors import KeysRepeated, LakehouseError
from lakehouse.gold.journal import HANDOVER, SIDE, differences_columns
from lakehouse.gold.model import Table
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.rows import all_of, any_of, named
from lakehouse.kinds import declared, quoted


class ValueMissing(LakehouseError):
    """Declare the column nullable, or see to it that its source or SQL always gives a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What a table has to become, row by row, put aside.

    `now` has the rows that are new or other than before, `was` those that are not any more, as they
    were.
    """

    now: DataFrame
    was: DataFrame
    inserted: int
    updated: int
    deleted: int

    @property
    def written(self) -> int:
        """How many rows are other than before, those that are gone included."""
        return self.inserted + self.updated + self.deleted


def find_differences(ground: Ground, table: Table, part: Part, *, empty: bool) -> Differences:
    """Compute a part, once, and put aside where it differs from the table, which may be known to be `empty`.

    Raises:
        ValueMissing: a column that is never empty would be.
        KeysRepeated: two rows have one key.
    """
    names = list(table.types)
    rows = part.rows.select(*map(named, names)).withColumn(SIDE, F.lit(1).cast("bigint"))
    if not empty:
        before = part.before.select(*map(named, names)).withColumn(SIDE, F.lit(-1))
        alike = rows.unionAll(before).groupBy(*map(quoted, names))
        rows = alike.agg(F.sum(SIDE).alias(SIDE)).where(F.col(SIDE) != 0)
    columns = differences_columns(table)
    rows = rows.withColumn(HANDOVER, F.lit(ground.handover.number).cast("bigint"))
    kept = ground.put_aside(table.name, rows, columns=columns)
    now, was = kept.where(F.col(SIDE) > 0), kept.where(F.col(SIDE) < 0)
    present = None if empty else ground.read(table.name)
    counts = _count(table, kept, present)
    found = Differences(
        now=now,
        was=was,
        inserted=counts["inserted"],
        updated=counts["updated"],
        deleted=counts["deleted"],
    )
    try:
        _check(table, found, counts, present)
    except LakehouseError:
        # Nothing of it will be written: so that nobody takes it for changes.
        nothing = ground.lake.spark.createDataFrame([], declared(columns))
        ground.put_aside(table.name, nothing, columns=columns)
        raise
    return found


def _check(table: Table, found: Differences, counts: Row, present: DataFrame | None) -> None:
    if counts["lacking"]:
        _refuse_missing(table, found.now)
    if counts["most"] and counts["most"] > 1:
        _refuse_repeated(table, found.now)
    if present is not None and counts["twice"]:
        new = without_keys_of(found.now, found.was, table)
        _refuse_repeated(table, with_keys_of(present, new, table))


def _count(table: Table, rows: DataFrame, present: DataFrame | None) -> Row:
    """Count by key what differs, and what may not be: in one pass, as every statement has its price."""
    side, now, was, there = F.col(SIDE), F.col("_now"), F.col("_was"), F.col("_there")
    needed = [named(column.name).isNull() for column in table.layout if not column.nullable]
    lacks = any_of(needed) & (side > 0) if needed else F.lit(False)  # noqa: FBT003 - a value
    seen = rows.withColumns({"_lacks": lacks, "_there": F.lit(0)})
    if present is not None:
        # Of two rows with one key, one may equal what is there, and so not be among what differs.
        same = with_keys_of(present, rows.where(side > 0), table)
        same = same.withColumns({SIDE: F.lit(0), "_lacks": F.lit(False), "_there": F.lit(1)})  # noqa: FBT003 - a value
        seen = _sides(seen, table).unionAll(_sides(same, table))
    by_key = seen.groupBy(*map(quoted, table.identity)).agg(
        F.sum(F.when(side > 0, side).otherwise(0)).alias("_now"),
        F.sum(F.when(side < 0, 1).otherwise(0)).alias("_was"),
        F.count_if("_lacks").alias("_lacking"),
        F.max("_there").alias("_there"),
    )
    inserted = (now > 0) & (was == 0)
    return by_key.agg(
        F.max(now).alias("most"),
        F.sum("_lacking").alias("lacking"),
        F.count_if(inserted).alias("inserted"),
        F.count_if((now > 0) & (was > 0)).alias("updated"),
        F.count_if(now == 0).alias("deleted"),
        F.count_if(inserted & (there > 0)).alias("twice"),
    ).collect()[0]


def _sides(rows: DataFrame, table: Table) -> DataFrame:
    return rows.select(*map(named, table.identity), F.col(SIDE).cast("bigint"), "_lacks", "_there")


def _refuse_repeated(table: Table, rows: DataFrame) -> None:
    names = list(map(quoted, table.identity))
    row = rows.groupBy(*names).agg(F.count("*").alias("_rows")).orderBy(F.desc("_rows")).limit(1)
    found = row.collect()[0]
    values = ", ".join(f"{name}={found[name]!r}" for name in table.identity)
    raise KeysRepeated(f"{table.name}: more than one row has {values}")


def with_keys_of(rows: DataFrame, others: DataFrame, table: Table) -> DataFrame:
    """Keep the rows of a table that have a row of one key among others; NULL equals NULL."""
    return rows.join(_keys(others, table), _same_key(table), "left_semi")


def without_keys_of(rows: DataFrame, others: DataFrame, table: Table) -> DataFrame:
    """Keep the rows of a table that have no row of one key among others; NULL equals NULL."""
    return rows.join(_keys(others, table), _same_key(table), "left_anti")


def _keys(rows: DataFrame, table: Table) -> DataFrame:
    return rows.select(*(named(name).alias(f"_k{i}") for i, name in enumerate(table.identity)))


def _same_key(table: Table) -> Expression:
    pairs = (named(n).eqNullSafe(F.col(f"_k{i}")) for i, n in enumerate(table.identity))
    return all_of(list(pairs))


def _refuse_missing(table: Table, rows: DataFrame) -> None:
    needed = [column.name for column in table.layout if not column.nullable]
    row = rows.where(any_of([named(name).isNull() for name in needed])).limit(1).collect()[0]
    empty = [name for name in needed if row[name] is None]
    raise ValueMissing(f"{table.name}: {', '.join(empty)} may not be empty")
