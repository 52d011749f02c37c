"""The dimension of days, generated: no source need have one."""

from datetime import date
from typing import Final

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold.model import UNKNOWN_KEY, Table

# ISO 8601: the year of a week is that of its Thursday.
_DAY: Final = """
SELECT
    CAST(year(day) * 10000 + month(day) * 100 + day(day) AS INT) AS date_key,
    day AS date,
    CAST(year(day) AS INT) AS year,
    CAST(quarter(day) AS INT) AS quarter,
    CAST(month(day) AS INT) AS month,
    element_at(array('January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
        'September', 'October', 'November', 'December'), CAST(month(day) AS INT)) AS month_name,
    CAST(day(day) AS INT) AS day,
    CAST(year(date_add(day, 4 - weekday)) AS INT) AS iso_year,
    CAST(weekofyear(day) AS INT) AS iso_week,
    date_add(day, 1 - weekday) AS week_start,
    weekday,
    element_at(array('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'),
        weekday) AS weekday_name,
    weekday >= 6 AS is_weekend
FROM (
    -- 1970-01-05 was a Monday.
    SELECT day, CAST(pmod(datediff(day, DATE'1970-01-05'), 7) + 1 AS INT) AS weekday
    FROM (SELECT explode(sequence(DATE'{first}', DATE'{last}', INTERVAL 1 DAY)) AS day)
)
"""


def days(spark: SparkSession, table: Table) -> DataFrame:
    """Give the declared days and the unknown one, whose key is -1."""
    first, last = _range(table)
    known = spark.sql(_DAY.format(first=first.isoformat(), last=last.isoformat()))
    unknown = ", ".join(
        f"CAST({_unknown(column.name)} AS {column.type}) AS {column.name}"
        for column in table.layout
    )
    rows = known.unionByName(spark.sql(f"SELECT {unknown}"))
    return rows.select(*(column.name for column in table.layout))


def _range(table: Table) -> tuple[date, date]:
    if table.first_day is None or table.last_day is None:
        raise ValueError(f"{table.name} is no dimension of days")
    return table.first_day, table.last_day


def _unknown(column: str) -> str:
    if column == "date_key":
        return str(UNKNOWN_KEY)
    return "'Unknown'" if column in ("month_name", "weekday_name") else "NULL"
