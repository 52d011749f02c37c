"""Conditions of any number can be sent to an engine."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.rows import all_of, any_of

MANY = 400


def test_hundreds_of_conditions_hold_one_by_one_or_together(spark: SparkSession) -> None:
    numbers = spark.range(2 * MANY)
    assert numbers.where(any_of([F.col("id") == n for n in range(MANY)])).count() == MANY
    assert numbers.where(all_of([F.col("id") != n for n in range(MANY)])).count() == MANY
