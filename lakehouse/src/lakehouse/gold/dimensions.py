"""Dimensions as functions of silver: versions (SCD2) from the history, or members as they are now."""

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession, Window, WindowSpec
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.model import (
    IS_CURRENT,
    IS_DELETED,
    UNKNOWN_KEY,
    VALID_FROM,
    VALID_TO,
    Column,
    Kind,
    Table,
)
from lakehouse.gold.rows import EARLIEST, believed, content_hash, live, named, value_of
from lakehouse.kinds import quoted

_READ_ORDER = ("_run_no", "_read_at", "_row_hash")


def versions(history: DataFrame, table: Table) -> DataFrame:
    """Give every version of every member, with the time from and until which it holds.

    The order of reading decides which of two versions is newer, for every read sees the source's
    present. So a version that was read later ends all that claim to begin when it begins or
    after: those were corrected. What is left ascends in both orders, and the last version read is
    the current one. Neighbours with equal columns are one version; a deletion ends the version
    before it and leaves a gap until the member returns.
    """
    rows = history.select(
        *(value_of(column) for column in table.columns),
        *_READ_ORDER,
        believed(table.valid_from).alias("_said"),
        (F.col("_op") == "delete").alias("_gone"),
    )
    rows = _with_beginnings(_with_keys(rows, table), table)
    return _with_ends(_collapsed(_uncorrected(rows, table), table), table)


def members(current: DataFrame, table: Table) -> DataFrame:
    """Give every member as silver has it now, without those that are deleted."""
    columns = [value_of(column) for column in table.columns]
    rows = _with_keys(live(current).select(*columns), table)
    return rows.select(_surrogate(table), *(named(column.name) for column in table.columns))


def unknown_member(spark: SparkSession, table: Table) -> DataFrame:
    """Give the one row that facts point to where no member matches."""
    values = [_unknown_value(table, column) for column in table.layout]
    return spark.range(1).select(*values)


def changed_keys(rows: DataFrame, table: Table) -> DataFrame:
    """Give each business key of silver rows once."""
    return _with_keys(
        rows.select(*(value_of(table.column(name)) for name in table.key)), table
    ).distinct()


def _with_beginnings(rows: DataFrame, table: Table) -> DataFrame:
    """Say from when each version holds: a deletion that tells no later time than the row did, since it was read.

    A source that marks a row as deleted may leave the time alone. It is then that of the values, which
    held until the deletion.
    """
    before = F.lag("_said").over(_reading(table))
    begins = F.when(F.col("_gone") & (F.col("_said") <= before), F.col("_read_at"))
    return rows.withColumn("_from", F.coalesce(begins, F.col("_said"))).drop("_said")


def _uncorrected(rows: DataFrame, table: Table) -> DataFrame:
    read_later = _reading(table).rowsBetween(1, Window.unboundedFollowing)
    corrected = rows.withColumn("_corrected", F.min("_from").over(read_later))
    return corrected.where(F.col("_corrected").isNull() | (F.col("_from") < F.col("_corrected")))


def _collapsed(rows: DataFrame, table: Table) -> DataFrame:
    names = [column.name for column in table.columns]
    # All tombstones are alike, whether they came with values or without.
    content = F.when(F.col("_gone"), F.lit(0).cast("bigint")).otherwise(content_hash(names))
    before = F.lag("_content").over(_timeline(table))
    rows = rows.withColumn("_content", content).withColumn("_before", before)
    return rows.where(F.col("_before").isNull() | (F.col("_before") != F.col("_content")))


def _with_ends(rows: DataFrame, table: Table) -> DataFrame:
    timeline = _timeline(table)
    lived = F.sum(F.when(F.col("_gone"), 0).otherwise(1)).over(
        timeline.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    rows = rows.select(
        "*",
        F.lead("_from").over(timeline).alias("_until"),
        F.lead("_gone").over(timeline).alias("_gone_next"),
        lived.alias("_lived"),
    ).where(~F.col("_gone"))
    begins = F.col("_from")
    if table.first_valid_from is not None:
        first = F.lit(str(table.first_valid_from)).cast("timestamp")
        begins = F.when(F.col("_lived") == 1, first).otherwise(begins)
    rows = rows.withColumn(VALID_FROM, begins)
    return rows.select(
        _surrogate(table, named(VALID_FROM)),
        *(named(column.name) for column in table.columns),
        named(VALID_FROM),
        F.col("_until").alias(VALID_TO),
        F.col("_until").isNull().alias(IS_CURRENT),
        F.coalesce(F.col("_gone_next"), F.lit(False)).alias(IS_DELETED),  # noqa: FBT003 - a value
    )


def _with_keys(rows: DataFrame, table: Table) -> DataFrame:
    """Leave out rows without a whole key: they would pass for the unknown member."""
    for name in table.key:
        rows = rows.where(named(name).isNotNull())
    return rows


def _reading(table: Table) -> WindowSpec:
    return Window.partitionBy(*map(quoted, table.key)).orderBy(*_READ_ORDER)


def _timeline(table: Table) -> WindowSpec:
    return Window.partitionBy(*map(quoted, table.key)).orderBy("_from")


def _surrogate(table: Table, *further: Expression) -> Expression:
    return F.xxhash64(*map(named, table.key), *further).alias(table.surrogate)


def _unknown_value(table: Table, column: Column) -> Expression:
    value = F.lit(None)
    if column.name == table.surrogate:
        value = F.lit(UNKNOWN_KEY)
    elif column.unknown:
        value = F.lit(column.unknown)
    elif table.kind is Kind.SCD2 and column.name == VALID_FROM:
        value = F.lit(EARLIEST)
    elif table.kind is Kind.SCD2 and column.name in (IS_CURRENT, IS_DELETED):
        value = F.lit(column.name == IS_CURRENT)
    return value.cast(column.type).alias(column.name)
