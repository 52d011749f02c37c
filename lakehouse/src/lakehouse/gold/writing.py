"""Writes a gold table by difference: what is equal stays, so that a repeat makes no commit."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.bounds import among
from lakehouse.delta import Lake
from lakehouse.gold.differences import Differences, find_differences, without_keys_of
from lakehouse.gold.journal import keep_changes
from lakehouse.gold.model import Model, Table
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.rows import named
from lakehouse.kinds import declared, quoted

_GONE: Final = "_gone"
# With more partitions than these, naming them costs more than looking into all.
_MOST_PARTITIONS: Final = 200


def prepare_table(lake: Lake, model: Model, table: Table, partition: str) -> bool:
    """Make the table as declared, empty if there was none or one of other columns or partitions.

    Args:
        lake: Where it lies.
        model: Whose it is.
        table: The table.
        partition: The column by which it was parted when it was built; empty: it was not.

    Returns:
        Whether it was made.
    """
    path = model.path(table)
    types = table.types
    there = lake.columns(path)
    if not there:
        lake.create(path, types, partition=table.partition)
        return True
    if there == types and partition == table.partition:
        return False
    empty = lake.spark.createDataFrame([], declared(types))
    lake.overwrite(path, empty, options={"overwriteSchema": "true"}, partition=table.partition)
    return True


def write_part(
    ground: Ground, table: Table, part: Part, *, empty: bool, needed_since: int | None
) -> int:
    """Bring a part of a table to what it shall be, and tell how many rows differed.

    Args:
        ground: What the refresh stands on.
        table: The table.
        part: The rows that it shall have, and those that it has.
        empty: Whether it was made just now and has no row.
        needed_since: The hand-over after which other tables need this one's changes; None: none of
            them does.

    Raises:
        ValueMissing: a column that is never empty would be.
        KeysRepeated: two rows have one key.
    """
    if needed_since is not None:
        keep_changes(ground.lake, ground.model, table, needed_since)
    found = find_differences(ground, table, part, empty=empty)
    if not found.written:
        return 0
    if empty:
        names = [named(column.name) for column in table.layout]
        path = ground.model.path(table)
        rows = found.now.select(*names)
        ground.lake.overwrite(path, rows, columns=table.types, partition=table.partition)
        return found.written
    _replace(ground, table, found)
    return found.written


def _replace(ground: Ground, table: Table, found: Differences) -> None:
    """Write what differs, in the way that costs least."""
    path = ground.model.path(table)
    names = [named(column.name) for column in table.layout]
    rows = found.now.select(*names)
    if not found.updated and not found.deleted:
        ground.lake.add(path, rows, partition=table.partition)
        return
    partitions = _partitions(table, found)
    if not ground.lake.merges:
        # Sail joins a merge's rows with the table several times over: writing them anew is sooner done.
        where = among(quoted(table.partition), partitions) if partitions else ""
        present = ground.read(table.name)
        kept = without_keys_of(present.where(where) if where else present, found.was, table)
        ground.lake.overwrite(
            path,
            kept.unionByName(rows),
            columns=table.types,
            partition=table.partition,
            where=where,
        )
        return
    if found.deleted:
        gone = without_keys_of(found.was, found.now, table).select(*names)
        rows = rows.withColumn(_GONE, F.expr("false")).unionByName(
            gone.withColumn(_GONE, F.expr("true"))
        )
    ground.lake.merge(
        path,
        rows,
        on=table.identity,
        compare=None if found.updated else (),
        delete_when=f"s.{_GONE}" if found.deleted else None,
        within=among(f"t.{quoted(table.partition)}", partitions) if partitions else None,
        unique=True,
    )


def _partitions(table: Table, found: Differences) -> Sequence[int | date | None]:
    """Give the partitions that differ, so that an engine need not look into the others; none if it looks into all."""
    if not table.partition:
        return ()
    column = quoted(table.partition)
    rows = found.now.select(column).unionAll(found.was.select(column)).distinct().collect()
    return [row[0] for row in rows] if len(rows) <= _MOST_PARTITIONS else ()
