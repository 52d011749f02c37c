"""Taking in what a hand-over brings, table by table, and letting rows through.

Every step may be repeated: what is there already is not written again. A run is written down after
its versions and before what follows from them, so that whoever repeats a hand-over that died half
way, or takes in an older one later, looks at all versions of the keys concerned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.bronze import BronzeRows, LandedRun, read_manifests, read_rows
from lakehouse.delta import Lake
from lakehouse.errors import TableUnknown
from lakehouse.handover import Handover, Table
from lakehouse.kinds import hashed, projected, quoted
from lakehouse.silver import quality, runs
from lakehouse.silver.current import add_keyless, bring_up_to_date
from lakehouse.silver.history import Change, add_versions
from lakehouse.silver.layout import ASIDE, META, fit


def refresh(lake: Lake, handover: Handover) -> list[str]:
    """Bring silver level with a hand-over.

    Returns:
        The tables that had new runs.
    """
    changed = [table for table in handover.tables if table.runs]
    for table in changed:
        refresh_table(lake, table, handover.number)
    return [table.table for table in changed]


def refresh_table(lake: Lake, table: Table, number: int) -> None:
    """Take in a table's new runs.

    Raises:
        BronzeDamaged, FileMissing: a run is not whole.
        TypesDiffer, TypeRefused, NameRefused: a column cannot be kept.
        RuleInvalid: a rule is no condition over the table's columns.
    """
    before = runs.greatest_run(lake, table.table)
    landed = read_manifests(lake, table.runs)
    bronze = read_rows(lake, landed)
    columns = _fitted(lake, table, bronze)
    passed = _passed(lake, table, bronze, columns, number)
    if table.key:
        _take_in(
            lake,
            table,
            landed=landed,
            passed=passed,
            columns=columns,
            number=number,
            before=before,
        )
    else:
        runs.record(lake, table, landed, number)
        add_keyless(lake, table, passed, runs.snapshots(lake, table.table))


def release(lake: Lake, handover: Handover, name: str, key: Mapping[str, str]) -> int:
    """Let rows that were set aside through as they are, all of a table or those of one key.

    They keep their place in the order, so that what was read later still wins. They count as written
    by the hand-over after the last, which whoever follows silver has not seen yet.

    Returns:
        How many rows were let through.

    Raises:
        TableUnknown: the table was never handed over, or the key has other columns.
    """
    table = _named(handover, name)
    unknown = runs.greatest_run(lake, table.table) is None
    if unknown or (key and set(key) != set(table.key)):
        raise TableUnknown(f"{name} with a key of {sorted(key) or 'no columns'}")
    # Of any table: whoever follows silver goes through a hand-over that brings nothing of this one too.
    number = max(handover.number, runs.last_handover(lake)) + 1
    rows = quality.waiting(lake, table, dict(key))
    numbers = [row[0] for row in rows.select("_run_no").distinct().collect()]
    if not numbers:
        return 0
    count = rows.count()
    passed = rows.drop(*ASIDE).withColumn("_handover", F.lit(number).cast("bigint"))
    snapshots = runs.snapshots(lake, table.table)
    if table.key:
        change = Change(
            table=table,
            columns={n: k for n, k in lake.read(table.history).dtypes if n not in META},
            number=number,
            runs=tuple(numbers),
            snapshots=tuple(snapshots),
            in_order=False,
            everything=False,
        )
        add_versions(lake, table, passed, change.since)
        bring_up_to_date(lake, change)
    else:
        add_keyless(lake, table, passed, snapshots)
    quality.mark_released(lake, table, rows, number)
    return count


def _take_in(
    lake: Lake,
    table: Table,
    *,
    landed: Sequence[LandedRun],
    passed: DataFrame | None,
    columns: dict[str, str],
    number: int,
    before: int | None,
) -> None:
    numbers = tuple(run.run.run_no for run in landed)
    if passed is not None:
        add_versions(lake, table, passed, min(numbers))
    runs.record(lake, table, landed, number)
    change = Change(
        table=table,
        columns=columns,
        number=number,
        runs=numbers,
        snapshots=tuple(runs.snapshots(lake, table.table)),
        in_order=before is None or before < min(numbers),
        everything=any(run.run.is_snapshot for run in landed),
    )
    bring_up_to_date(lake, change)


def _fitted(lake: Lake, table: Table, bronze: BronzeRows) -> dict[str, str]:
    columns = fit(lake, table.silver, bronze.columns, META)
    fit(lake, table.quarantine, columns, {**META, **ASIDE})
    if table.key:
        fit(lake, table.history, columns, META)
    return columns


def _passed(
    lake: Lake, table: Table, bronze: BronzeRows, columns: Mapping[str, str], number: int
) -> DataFrame | None:
    """Give the rows that may go to silver, as they will be there; set the others aside."""
    if bronze.rows is None:
        return None
    rows = _with_meta(bronze.rows, bronze.columns, table, number)
    rows = projected(rows, {**columns, **META})
    verdict = quality.judge(lake, table, rows, number)
    quality.set_aside(lake, table, verdict)
    return verdict.passed


def _with_meta(rows: DataFrame, columns: Mapping[str, str], table: Table, number: int) -> DataFrame:
    mark = table.soft_delete
    if mark is not None and mark in columns:
        deleted = _says_deleted(mark, columns[mark])
        rows = rows.withColumn("_op", F.when(deleted, "delete").otherwise(F.col("_op")))
    return rows.withColumns(
        {
            "_row_hash": hashed(columns, F.col("_op") == "delete"),
            "_handover": F.lit(number).cast("bigint"),
        }
    )


def _says_deleted(name: str, kind: str) -> Column:
    """Read a soft delete column: true, a number other than 0, or a time says deleted.

    What landed as text, bronze has read by the source's type and marked already.
    """
    value = F.col(quoted(name))
    if kind == "boolean":
        return F.coalesce(value, F.lit(False))  # noqa: FBT003 - Spark takes it by position only
    if kind in ("timestamp", "date"):
        return value.isNotNull()
    if kind in ("bigint", "double") or kind.startswith("decimal"):
        return F.coalesce(value != 0, F.lit(False))  # noqa: FBT003 - as above
    return F.col("_op") == "delete"


def _named(handover: Handover, name: str) -> Table:
    for table in handover.tables:
        if table.table == name:
            return table
    raise TableUnknown(f"{name} is not in hand-over {handover.number}")
