"""Putting rows in the place of those that have their keys, in the way that costs an engine least."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from lakehouse.bounds import span
from lakehouse.collisions import try_again
from lakehouse.counting import counted
from lakehouse.delta import Lake
from lakehouse.kinds import quoted


def replace_rows(lake: Lake, table: str, rows: DataFrame, *, on: Sequence[str]) -> None:
    """Put rows in the place of those that have their keys, or beside them; in one commit.

    Every row is written, so leave out those that are there. Keys have no NULL and do not repeat.
    Where none of the keys is there, rows are only added. Else, on Databricks, it is a merge, which
    looks into the files that may have the keys. Elsewhere what lies between the least key and the
    greatest is rewritten, or the table if that is half of it: Sail joins a merge's rows with all of
    it several times over, four times as slow. Nobody else may write the table meanwhile: most
    collisions are noticed and tried again, but a commit between the engine's two looks at the table
    is undone. One job runs at a time.

    Raises:
        ColumnsUnknown: the table lacks a column, or the rows do.
        TypesDiffer: a column has another type in the table.
        TypeRefused: a column has a type that cannot be kept.
        CommitsCollided: other writers were faster, time and again.
    """
    keys = rows.select(*map(quoted, on))
    present = lake.read(table)
    between = "" if lake.merges else span(keys, on[0])
    near = present.where(between) if between else present
    there, within, every = counted(near.join(keys, on=list(on), how="left_semi"), near, present)
    if not there:
        lake.add(table, rows)
    elif lake.merges:
        lake.merge(table, rows, on=on, unique=True)
    else:
        where = between if within * 2 < every else ""
        try_again(f"rewriting {table}", lambda: _rewrite(lake, table, rows, on, where))


def _rewrite(lake: Lake, table: str, rows: DataFrame, on: Sequence[str], where: str) -> None:
    present = lake.read(table).where(where) if where else lake.read(table)
    kept = present.join(rows.select(*map(quoted, on)), on=list(on), how="left_anti")
    lake.overwrite(table, kept.unionByName(rows), where=where)
