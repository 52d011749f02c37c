"""Taking in what a hand-over brings: first the rows it lets through, then its runs, table by table.

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
from lakehouse.errors import FileMissing
from lakehouse.handover import Handover, Table
from lakehouse.kinds import hashed, projected, quoted
from lakehouse.silver import quality, runs
from lakehouse.silver.current import add_keyless, bring_up_to_date
from lakehouse.silver.history import Change, add_versions
from lakehouse.silver.layout import ASIDE, META, fit
from lakehouse.silver.releasing import carry_out
from lakehouse.tracing import told


def refresh(lake: Lake, handover: Handover) -> list[str]:
    """Bring silver level with a hand-over.

    What it releases comes before its runs: nobody asked for what these bring.

    Returns:
        The tables that had new runs.
    """
    carry_out(lake, handover)
    changed = [table for table in handover.tables if table.runs]
    taken = runs.taken_in(lake, *(table.table for table in changed)) if changed else []
    for table in changed:
        said = {"table": table.table, "handover": handover.number, "runs": len(table.runs)}
        links = [run.traceparent for run in table.runs]
        with told("silver_table", handover.traceparent, said, links):
            own = [run for run in taken if run.table == table.table]
            refresh_table(lake, table, handover.number, own)
    return [table.table for table in changed]


def refresh_table(lake: Lake, table: Table, number: int, taken: Sequence[runs.TakenIn]) -> None:
    """Take in a table's new runs, of which some, or others, were `taken` in before.

    Raises:
        BronzeDamaged, FileMissing: a run is not whole.
        TypesDiffer, TypeRefused, NameRefused: a column cannot be kept.
        RuleInvalid: a rule is no condition over the table's columns.
    """
    landed = _landed(lake, table, taken)
    if not landed:
        return
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
            taken=taken,
        )
    else:
        now_taken = runs.record(lake, table, landed, number, taken)
        add_keyless(lake, table, passed, runs.snapshots(now_taken))


def _landed(lake: Lake, table: Table, taken: Sequence[runs.TakenIn]) -> list[LandedRun]:
    """Read the manifests of the new runs. One that was taken in and removed since is not asked for again."""
    try:
        return read_manifests(lake, table.runs)
    except FileMissing:
        gone = runs.removed(taken)
        if not gone & {run.run_no for run in table.runs}:
            raise
        return read_manifests(lake, [run for run in table.runs if run.run_no not in gone])


def _take_in(
    lake: Lake,
    table: Table,
    *,
    landed: Sequence[LandedRun],
    passed: DataFrame | None,
    columns: dict[str, str],
    number: int,
    taken: Sequence[runs.TakenIn],
) -> None:
    numbers = tuple(run.run.run_no for run in landed)
    once = passed is not None and add_versions(lake, table, passed, min(numbers))
    now_taken = runs.record(lake, table, landed, number, taken)
    before = runs.greatest(taken)
    change = Change(
        table=table,
        columns=columns,
        number=number,
        runs=numbers,
        snapshots=tuple(runs.snapshots(now_taken)),
        in_order=before is None or before < min(numbers),
        everything=any(run.run.is_snapshot for run in landed),
        once=once,
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
