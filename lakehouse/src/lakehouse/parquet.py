"""Plain Parquet files in the lake: those of bronze, and rows that a refresh puts aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.kinds import declared
from lakehouse.places import file_place, says_absent, table_place

# As quickly as may be, and not as small: what is put aside is of use until the next time. Values are
# written as they are, without a dictionary; what the option is called is Sail's own, others pass over it.
_QUICKLY = {"compression": "snappy", "dictionary_enabled": "false"}


def read_files(lake: Lake, paths: Sequence[str]) -> DataFrame:
    """Give the rows of files that have one schema. An engine may read a file that is gone as empty.

    Raises:
        GlobRefused: a path is a pattern.
    """
    return lake.spark.read.parquet(*(file_place(lake.root, path) for path in paths))


def put_aside(
    lake: Lake, folder: str, rows: DataFrame, *, columns: Mapping[str, str] | None = None
) -> DataFrame:
    """Compute rows once, and give them as they lie in a folder of their own until the next time.

    What a merge is given as a plan, an engine may compute several times over. Parquet, as nobody
    else reads it: there is no log to grow and nothing to vacuum. `columns` are those of the rows,
    where they are known: of a long plan an engine takes its time to say them.
    """
    place = table_place(lake.root, folder)
    rows.write.mode("overwrite").options(**_QUICKLY).parquet(place)
    # An engine writes no file where there is no row, so that it has to be told the columns.
    schema = rows.schema if columns is None else declared(columns)
    return lake.spark.read.schema(schema).parquet(place)


def read_aside(lake: Lake, folder: str, columns: Mapping[str, str]) -> DataFrame:
    """Give the rows that were put aside in a folder last, NULL in columns that they lack; none if there are none."""
    try:
        rows = lake.spark.read.schema(declared(columns)).parquet(table_place(lake.root, folder))
        # Some engines say only now, and others already above, that there is no such folder.
        _ = rows.schema
    except AnalysisException as error:
        if says_absent(error):
            return lake.spark.createDataFrame([], declared(columns))
        raise
    return rows
