"""Making tables of silver anew from bronze: of all runs that were ever handed over, as if at once.

Everything is read and checked before the first row is taken away. From then on until the end the
table is not whole; a rebuild that dies is run again, and says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.bronze import read_manifests, read_rows
from lakehouse.delta import Lake
from lakehouse.errors import TableUnknown
from lakehouse.handover import Handover, Run, Table, read_handover
from lakehouse.kinds import quoted
from lakehouse.silver import runs
from lakehouse.silver.layout import ASIDE, META
from lakehouse.silver.refresh import refresh_table


def rebuild(lake: Lake, path: str, names: Sequence[str] = (), *, first_run: int = 0) -> Handover:
    """Make tables anew, or all of them, of the runs of this hand-over file and of those before it.

    Rows that were let through stay so; the others that were set aside are judged again, by the rules
    of this hand-over. Every row counts as written by it. Runs below `first_run` are left out.

    Returns:
        The hand-over, of whose tables those that were made anew have all their runs.

    Raises:
        FileMissing: a hand-over file, a manifest or a file of a run is not there any more.
        BronzeDamaged: a run is not whole.
        TableUnknown: a name was never handed over.
        TypesDiffer: two runs have types for a column that do not fit.
    """
    handover = read_handover(lake, path)
    unknown = sorted(set(names) - {table.table for table in handover.tables})
    if unknown:
        raise TableUnknown(f"{', '.join(unknown)} in hand-over {handover.number}")
    handed = _all_runs(lake, path, handover)
    whole = [
        replace(table, runs=tuple(r for r in handed[table.table] if r.run_no >= first_run))
        for table in handover.tables
        if not names or table.table in names
    ]
    layouts = [_layout(lake, table) for table in whole]
    for table, columns in zip(whole, layouts, strict=True):
        _empty(lake, table, columns)
        refresh_table(lake, table, handover.number)
    return replace(handover, tables=tuple(whole))


def _all_runs(lake: Lake, path: str, last: Handover) -> Mapping[str, tuple[Run, ...]]:
    """Give each table's runs of the files 1 to the last, ascending by number."""
    folder = path.rpartition("/")[0]
    files = [read_handover(lake, f"{folder}/{n:08d}.json") for n in range(1, last.number)]
    found: dict[str, dict[int, Run]] = {}
    for table in (table for file in (*files, last) for table in file.tables):
        found.setdefault(table.table, {}).update({run.run_no: run for run in table.runs})
    return {name: tuple(by[number] for number in sorted(by)) for name, by in found.items()}


def _layout(lake: Lake, table: Table) -> Mapping[str, str]:
    """Give the columns that the runs have together. What is wrong with them is found here."""
    return read_rows(lake, read_manifests(lake, table.runs)).columns


def _empty(lake: Lake, table: Table, columns: Mapping[str, str]) -> None:
    """Take away what follows from runs, with columns that are not there any more."""
    runs.forget(lake, table.table)
    kinds = {**columns, **META}
    for path in (table.silver, table.history) if table.key else (table.silver,):
        lake.create(path, kinds)
        _overwrite(lake, path, lake.read(path).where("false"), kinds)
    aside = {**kinds, **ASIDE}
    lake.create(table.quarantine, aside)
    released = lake.read(table.quarantine).where("_released_in IS NOT NULL")
    _overwrite(lake, table.quarantine, released, aside)


def _overwrite(lake: Lake, path: str, rows: DataFrame, kinds: Mapping[str, str]) -> None:
    """Leave these rows alone in a table of these columns; a value that does not fit them is NULL."""
    there = set(rows.columns)
    cast = [
        F.expr(f"try_cast({quoted(name) if name in there else 'NULL'} AS {kind})").alias(name)
        for name, kind in kinds.items()
    ]
    lake.overwrite(path, rows.select(*cast), options={"overwriteSchema": "true"})
