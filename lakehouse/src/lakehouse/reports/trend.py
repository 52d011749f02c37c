"""How often each rule was broken, hand-over by hand-over, and how many rows wait in quarantine for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.errors import TableUnknown
from lakehouse.handover import tables_of
from lakehouse.silver import runs
from lakehouse.silver.quality import PATH

# Rows without their whole key break no rule of the table file.
NO_SEVERITY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one hand-over brought: rows judged, and those that broke the rule."""

    handover: int
    checked: int
    failed: int

    @property
    def share(self) -> float:
        """The broken rows' share, 0 to 1; 0 where no row was judged."""
        return self.failed / self.checked if self.checked else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrend:
    """One rule of one table. `severity` is that of the last hand-over; `points` ascend.

    A row that broke several rules waits, or was released, for each of them.
    """

    table: str
    rule: str
    severity: str
    points: tuple[Point, ...]
    waiting: int = 0
    released: int = 0


def read_trends(lake: Lake, table: str | None = None) -> list[RuleTrend]:
    """Give the rules of all tables, or of one, by table and name.

    Raises:
        TableUnknown: the table has not come to silver.
    """
    silver = runs.silver_by_table(lake)
    if table is not None and table not in silver:
        raise TableUnknown(f"{table} has not come to silver")
    wanted = {name: path for name, path in silver.items() if table in (None, name)}
    points = _points(lake)
    trends: list[RuleTrend] = []
    for name, path in sorted(wanted.items()):
        aside = _aside(lake, tables_of(path)[2])
        rules = {rule: found for (owner, rule), found in points.items() if owner == name}
        for rule in sorted({*rules, *aside}):
            severity, told = rules.get(rule, (NO_SEVERITY, ()))
            waiting, released = aside.get(rule, (0, 0))
            trends.append(
                RuleTrend(
                    table=name,
                    rule=rule,
                    severity=severity,
                    points=tuple(told),
                    waiting=waiting,
                    released=released,
                )
            )
    return trends


def _points(lake: Lake) -> Mapping[tuple[str, str], tuple[str, list[Point]]]:
    if not lake.exists(PATH):
        return {}
    found: dict[tuple[str, str], tuple[str, list[Point]]] = {}
    for row in lake.read(PATH).orderBy("handover").collect():
        _, points = found.get((row["table"], row["rule"]), ("", []))
        point = Point(
            handover=row["handover"], checked=row["rows_checked"], failed=row["rows_failed"]
        )
        found[row["table"], row["rule"]] = (row["severity"], [*points, point])
    return found


def _aside(lake: Lake, quarantine: str) -> Mapping[str, tuple[int, int]]:
    """Count by rule the rows that wait and those that were let through."""
    if not lake.exists(quarantine):
        return {}
    waits = F.col("_released_in").isNull()
    rows = lake.read(quarantine).select(F.explode("_reasons").alias("rule"), "_released_in")
    counted = rows.groupBy("rule").agg(F.count_if(waits), F.count_if(~waits)).collect()
    return {row[0]: (row[1], row[2]) for row in counted}
