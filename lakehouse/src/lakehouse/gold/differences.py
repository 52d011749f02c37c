"""How a part of a gold table differs from what it is to be: computed once, put aside, and checked."""

from dataclasses import dataclass
from typing import Final

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.errors import KeysRepeated, LakehouseError
from lakehouse.gold.model import Table
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.rows import all_of, any_of, is_empty, named
from lakehouse.kinds import quoted

_SIDE: Final = "_side"


class ValueMissing(LakehouseError):
    """Declare the column nullable, or see to it that its source or SQL always gives a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What a table has to become, row by row, put aside.

    `now` has the rows that are new or other than before, `was` those that are not any more, as they
    were. `empty`: the table had no row before.
    """

    now: DataFrame
    was: DataFrame
    empty: bool
    inserted: int
    updated: int
    deleted: int

    @property
    def written(self) -> int:
        """How many rows are other than before, those that are gone included."""
        return self.inserted + self.updated + self.deleted


def find_differences(ground: Ground, table: Table, part: Part) -> Differences:
    """Compute a part, once, and put aside where it differs from the table.

    Raises:
        ValueMissing: a column that is never empty would be.
        KeysRepeated: two rows have one key.
    """
    names = [column.name for column in table.layout]
    present = ground.read(table.name)
    empty = is_empty(present)
    rows = part.rows.select(*map(named, names)).withColumn(_SIDE, F.lit(1))
    if not empty:
        before = part.before.select(*map(named, names)).withColumn(_SIDE, F.lit(-1))
        alike = rows.unionAll(before).groupBy(*map(quoted, names))
        rows = alike.agg(F.sum(_SIDE).alias(_SIDE)).where(F.col(_SIDE) != 0)
    kept = ground.put_aside(table.name, rows)
    now, was = kept.where(F.col(_SIDE) > 0), kept.where(F.col(_SIDE) < 0)
    _check_values(table, now)
    counts = _count(table, kept)
    if counts["most"] and counts["most"] > 1:
        _refuse_repeated(table, now)
    if counts["inserted"] and not empty:
        # Of two rows with one key, one may equal what is there.
        twice = with_keys_of(present, without_keys_of(now, was, table), table)
        if not is_empty(twice):
            _refuse_repeated(table, twice)
    return Differences(
        now=now,
        was=was,
        empty=empty,
        inserted=counts["inserted"],
        updated=counts["updated"],
        deleted=counts["deleted"],
    )


def _count(table: Table, rows: DataFrame) -> Row:
    side, now, was = F.col(_SIDE), F.col("_now"), F.col("_was")
    by_key = rows.groupBy(*map(quoted, table.identity)).agg(
        F.sum(F.when(side > 0, side).otherwise(0)).alias("_now"),
        F.sum(F.when(side < 0, 1).otherwise(0)).alias("_was"),
    )
    return by_key.agg(
        F.max(now).alias("most"),
        F.count_if((now > 0) & (was == 0)).alias("inserted"),
        F.count_if((now > 0) & (was > 0)).alias("updated"),
        F.count_if(now == 0).alias("deleted"),
    ).collect()[0]


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


def _check_values(table: Table, rows: DataFrame) -> None:
    needed = [named(column.name).isNull() for column in table.layout if not column.nullable]
    if not needed:
        return
    missing = rows.where(any_of(needed)).limit(1).collect()
    if missing:
        empty = [c.name for c in table.layout if not c.nullable and missing[0][c.name] is None]
        raise ValueMissing(f"{table.name}: {', '.join(empty)} may not be empty")
