"""How many rows there are, and whether any: statements have their price, so that each asks for what is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know


def is_empty(rows: DataFrame) -> bool:
    """Tell whether there are no rows. No column is asked for: each that is takes its time to be read."""
    return not rows.select(F.lit(1)).limit(1).collect()


def counted(*several: DataFrame) -> Sequence[int]:
    """Give how many rows there are of each, in one statement: what lies in files is mostly known without a look."""
    counts = [
        rows.agg(F.lit(number).alias("number"), F.count("*").alias("rows"))
        for number, rows in enumerate(several)
    ]
    found = {row["number"]: row["rows"] for row in reduce(DataFrame.unionAll, counts).collect()}
    return [found[number] for number in range(len(several))]
