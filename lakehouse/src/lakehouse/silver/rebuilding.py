"""Making tables of silver anew from bronze: of all runs that were ever handed over, as if at once.

Where runs were removed from bronze, the history up to the last of them is kept: the checkpoint, from
which the runs that are there go on.

Everything is read and checked before the first row is taken away. From then on until the end the
table is not whole; a rebuild that dies is run again, and says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.bronze import read_manifests, read_rows
from lakehouse.delta import Lake
from lakehouse.errors import TableUnknown
from lakehouse.handover import Handover, Run, Table, path_of, read_handover
from lakehouse.kinds import joined, quoted
from lakehouse.silver import runs
from lakehouse.silver.current import last_versions
from lakehouse.silver.layout import ASIDE, META
from lakehouse.silver.refresh import refresh_table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anew:
    """A table with all runs that it is made of, their columns, and the run up to which its history stays."""

    table: Table
    columns: Mapping[str, str]
    upto: int


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
    wanted = [table for table in handover.tables if not names or table.table in names]
    anew = [_planned(lake, table, handed[table.table], first_run) for table in wanted]
    for each in anew:
        _empty(lake, each)
        taken = runs.taken_in(lake, each.table.table)
        refresh_table(lake, each.table, handover.number, taken)
    return replace(handover, tables=tuple(each.table for each in anew))


def _planned(lake: Lake, table: Table, handed: Sequence[Run], first_run: int) -> _Anew:
    """Read and check what a table is to be made of. Raises as `rebuild` does."""
    taken = runs.taken_in(lake, table.table)
    upto = runs.checkpoint(taken) or 0
    gone = runs.removed(taken)
    left = tuple(r for r in handed if r.run_no >= first_run and r.run_no not in gone)
    columns = read_rows(lake, read_manifests(lake, left)).columns
    upto = upto if first_run <= upto else 0
    if upto and table.key:
        there = dict(lake.read(table.history).dtypes)
        kept = {name: kind for name, kind in there.items() if name not in META}
        more = {n: joined(n, kept[n], k) if n in kept else k for n, k in columns.items()}
        columns = {**kept, **more}
    return _Anew(table=replace(table, runs=left), columns=columns, upto=upto)


def _all_runs(lake: Lake, path: str, last: Handover) -> Mapping[str, tuple[Run, ...]]:
    """Give each table's runs of the files 1 to the last, ascending by number."""
    folder = path.rpartition("/")[0]
    files = [read_handover(lake, path_of(n, folder)) for n in range(1, last.number)]
    found: dict[str, dict[int, Run]] = {}
    for table in (table for file in (*files, last) for table in file.tables):
        found.setdefault(table.table, {}).update({run.run_no: run for run in table.runs})
    return {name: tuple(by[number] for number in sorted(by)) for name, by in found.items()}


def _empty(lake: Lake, anew: _Anew) -> None:
    """Take away what follows from the runs, with columns that are not there any more."""
    table, kinds = anew.table, {**anew.columns, **META}
    runs.forget(lake, table.table)
    lake.create(table.silver, kinds)
    rows = lake.read(table.silver).where("false")
    if table.key:
        lake.create(table.history, kinds)
        kept = lake.read(table.history).where(F.col("_run_no") <= anew.upto)
        _overwrite(lake, table.history, kept, kinds)
        rows = last_versions(table, lake.read(table.history))
    _overwrite(lake, table.silver, rows, kinds)
    aside = {**kinds, **ASIDE}
    lake.create(table.quarantine, aside)
    # Of runs that are not read again, also what waits.
    stays = F.col("_released_in").isNotNull() | (F.col("_run_no") <= anew.upto)
    _overwrite(lake, table.quarantine, lake.read(table.quarantine).where(stays), aside)


def _overwrite(lake: Lake, path: str, rows: DataFrame, kinds: Mapping[str, str]) -> None:
    """Leave these rows alone in a table of these columns; a value that does not fit them is NULL."""
    there = set(rows.columns)
    cast = [
        F.expr(f"try_cast({quoted(name) if name in there else 'NULL'} AS {kind})").alias(name)
        for name, kind in kinds.items()
    ]
    lake.overwrite(path, rows.select(*cast), options={"overwriteSchema": "true"})
