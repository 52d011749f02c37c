"""Row rules: which rows stay out of silver, how many broke which rule, and letting rows through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.counting import is_empty
from lakehouse.delta import Lake
from lakehouse.errors import RuleInvalid
from lakehouse.handover import Rule, Table
from lakehouse.kinds import declared, quoted
from lakehouse.silver.layout import ASIDE

PATH = "silver/_quality"
# A row without its whole key cannot be told from others: it is set aside, and never let through.
NO_KEY = "_no_key"
_COLUMNS = {
    "table": "string",
    "rule": "string",
    "severity": "string",
    "handover": "bigint",
    "rows_checked": "bigint",
    "rows_failed": "bigint",
}
# What tells a row that was set aside from others.
_SAME_ROW = ("_run_no", "_row_hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Rows that may pass, and those set aside with their `_reasons`; None: there are none."""

    passed: DataFrame
    aside: DataFrame | None


def judge(lake: Lake, table: Table, rows: DataFrame, number: int) -> Verdict:
    """Part the rows by the table's rules, and write down how many broke each.

    A rule that comes to NULL counts as broken. Deletes are not judged: some have nothing but a key.
    Rows that were let through before pass.

    Raises:
        RuleInvalid: a rule is no condition over the table's columns.
    """
    broken = {rule.name: is_broken(rows, table, rule) for rule in table.quality}
    reasons = [
        F.when(broken[rule.name], F.lit(rule.name)) for rule in table.quality if rule.sets_aside
    ]
    if table.key:
        lacking = reduce(Column.__or__, [F.col(quoted(name)).isNull() for name in table.key])
        reasons.append(F.when(lacking, F.lit(NO_KEY)))
    _write_results(lake, table, rows, broken, number)
    if not reasons or is_empty(rows.where(F.coalesce(*reasons).isNotNull())):
        # As nearly always. What else would be computed with every use of the rows is left out.
        return Verdict(passed=rows, aside=None)
    judged = _with_reasons(rows, reasons)
    bad = judged.where("size(_reasons) > 0")
    passed = judged.where("size(_reasons) = 0").drop(*ASIDE)
    released = lake.read(table.quarantine).where("_released_in IS NOT NULL")
    let_through = bad.join(released, on=list(_SAME_ROW), how="left_semi").drop(*ASIDE)
    return Verdict(passed=passed.unionByName(let_through), aside=bad)


def set_aside(lake: Lake, table: Table, verdict: Verdict) -> None:
    """Keep the rows that broke a rule, each once."""
    if verdict.aside is not None:
        lake.append(table.quarantine, verdict.aside, on=_SAME_ROW)


def waiting(lake: Lake, table: Table, key: dict[str, str], number: int) -> DataFrame:
    """Give the rows that a hand-over may let through, of one key where it is given as texts by column.

    What it has set aside itself stays: when it is repeated, nothing more comes through.
    """
    rows = lake.read(table.quarantine).where("_released_in IS NULL")
    rows = rows.where(F.col("_handover") < number)
    rows = rows.where(~F.array_contains("_reasons", NO_KEY))
    for name, value in key.items():
        rows = rows.where(F.col(quoted(name)).cast("string") == value)
    return rows


def mark_released(lake: Lake, table: Table, rows: DataFrame, number: int) -> None:
    """Write down that rows were let through; `number` is the hand-over that they count to."""
    marked = rows.select(*_SAME_ROW).distinct()
    marked = marked.withColumn("_released_in", F.lit(number).cast("bigint"))
    lake.merge(table.quarantine, marked, on=_SAME_ROW, unique=True)


def _with_reasons(rows: DataFrame, reasons: list[Column]) -> DataFrame:
    none = F.array().cast("array<string>")
    return rows.withColumns(
        {
            "_reasons": F.array_compact(F.array(*reasons)) if reasons else none,
            "_released_in": F.lit(None).cast("bigint"),
        }
    )


def is_broken(rows: DataFrame, table: Table, rule: Rule) -> Column:
    """Give the condition that a row breaks the rule; a delete breaks none.

    Raises:
        RuleInvalid: the rule is no condition over the rows' columns.
    """
    met = F.expr(f"({rule.rule})")
    try:
        kind = rows.select(met.alias("met")).dtypes[0][1]
    except PySparkException as error:
        raise RuleInvalid(f"{table.table}, rule {rule.name}: {rule.rule}: {error}") from error
    if kind != "boolean":
        raise RuleInvalid(
            f"{table.table}, rule {rule.name}: {rule.rule} is no condition but {kind}"
        )
    return _judged() & ~F.coalesce(met, F.lit(False))  # noqa: FBT003 - Spark takes it by position only


def _judged() -> Column:
    return F.col("_op") != "delete"


def _write_results(
    lake: Lake, table: Table, rows: DataFrame, broken: dict[str, Column], number: int
) -> None:
    if not broken:
        return
    counts = rows.agg(
        F.count_if(_judged()).alias("checked"),
        *[F.count_if(column).alias(f"failed_{at}") for at, column in enumerate(broken.values())],
    ).collect()[0]
    results = [
        (table.table, rule.name, rule.severity, number, counts["checked"], counts[f"failed_{at}"])
        for at, rule in enumerate(table.quality)
    ]
    lake.create(PATH, _COLUMNS)
    frame = lake.spark.createDataFrame(results, declared(_COLUMNS))
    lake.merge(PATH, frame, on=["table", "rule", "handover"])
