"""Rows of silver in the terms of gold: expressions, times that can be believed, keys."""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.model import Column, Table
from lakehouse.kinds import quoted

EARLIEST: Final = "1900-01-01 00:00:00"
"""A time before this is taken for a mistake, and is where the first version begins if so declared."""


def named(name: str) -> Expression:
    """Give the column with exactly this name, dots and all."""
    return F.col(quoted(name))


def value_of(column: Column) -> Expression:
    """Give what a declared column holds for a row of silver, in its declared type."""
    source = F.expr(column.source) if column.source else named(column.name)
    return source.cast(column.type).alias(column.name)


def key_values(table: Table) -> list[Expression]:
    """Give the business key of a row of silver."""
    return [value_of(table.column(name)) for name in table.key]


def of_keys(
    rows: DataFrame, keys: DataFrame, table: Table, *, silver: Iterable[str] = ()
) -> DataFrame:
    """Keep the rows of gold, or of `silver` with these columns, whose business key is one of `keys`."""
    wanted = keys.select(*(named(name).alias(f"_w{i}") for i, name in enumerate(table.key)))
    own = key_values(table) if silver else [named(name) for name in table.key]
    marked = rows.withColumns({f"_o{i}": value for i, value in enumerate(own)})
    equal = [F.col(f"_o{i}") == F.col(f"_w{i}") for i in range(len(table.key))]
    return marked.join(wanted, all_of(equal), "left_semi").select(
        *map(named, silver or table.types)
    )


def all_of(conditions: Sequence[Expression]) -> Expression:
    """Give the condition that all of these hold."""
    return _paired(conditions, operator.and_)


def any_of(conditions: Sequence[Expression]) -> Expression:
    """Give the condition that at least one of these holds."""
    return _paired(conditions, operator.or_)


def believed(time: str) -> Expression:
    """Give the time that an expression over a silver row says, or the read time.

    NULL, a time before 1900 and one more than a day after the row was read are not believed. The
    day is for clocks that are not UTC.
    """
    if not time:
        return F.col("_read_at")
    said = F.expr(time).cast("timestamp")
    latest = F.expr("_read_at + INTERVAL 1 DAY")
    plausible = (said >= F.lit(EARLIEST).cast("timestamp")) & (said <= latest)
    return F.when(plausible, said).otherwise(F.col("_read_at"))


def content_hash(names: Sequence[str]) -> Expression:
    """Give a hash of columns that tells NULL from absence: Spark's own passes over NULLs."""
    parts = [part for name in names for part in (named(name), named(name).isNull())]
    return F.xxhash64(*parts)


def touched(rows: DataFrame, handover: int, through: int | None) -> DataFrame:
    """Keep the rows that were written by this hand-over or by one after `through`; None keeps all.

    This hand-over's own rows count again even if it was gone through: its silver may have been
    finished only by a repair.
    """
    return rows if through is None else rows.where(written_since(handover, through))


def written_since(handover: int, through: int) -> Expression:
    """Give the condition that a row was written by this hand-over or by one after `through`."""
    written = F.col("_handover")
    return (written == handover) | (written > through)


def live(rows: DataFrame) -> DataFrame:
    """Keep the rows that are not deleted."""
    return rows.where(F.col("_op") != "delete")


def _paired(
    conditions: Sequence[Expression], join: Callable[[Expression, Expression], Expression]
) -> Expression:
    """Join conditions two by two: as a chain, a hundred of them are too deep for Spark Connect to send."""
    if len(conditions) <= 1:
        return conditions[0]
    half = len(conditions) // 2
    return join(_paired(conditions[:half], join), _paired(conditions[half:], join))
