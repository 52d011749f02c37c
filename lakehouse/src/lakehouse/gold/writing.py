"""Writes a gold table by difference: what is equal stays, so that a repeat makes no commit."""

from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.delta import Lake
from lakehouse.gold.differences import Differences, find_differences, without_keys_of
from lakehouse.gold.journal import write_changes
from lakehouse.gold.model import Model, Table
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.rows import named
from lakehouse.kinds import declared, quoted

_GONE: Final = "_gone"
# So many times longer Sail takes to merge into rows than to write them anew.
_MERGE_TO_REWRITE: Final = 4
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
    types = {column.name: column.type for column in table.layout}
    if not lake.exists(path):
        lake.create(path, types, partition=table.partition)
        return True
    if dict(lake.read(path).dtypes) == types and partition == table.partition:
        return False
    empty = lake.spark.createDataFrame([], declared(types))
    lake.overwrite(path, empty, options={"overwriteSchema": "true"}, partition=table.partition)
    return True


def write_part(ground: Ground, table: Table, part: Part, *, journaled: bool) -> int:
    """Bring a part of a table to what it shall be, and tell how many rows differed.

    Args:
        ground: What the refresh stands on.
        table: The table.
        part: The rows that it shall have, and those that it has.
        journaled: Whether the differences are kept for the aggregates that read the table.

    Raises:
        ValueMissing: a column that is never empty would be.
        KeysRepeated: two rows have one key.
    """
    found = find_differences(ground, table, part)
    if not found.written:
        return 0
    if found.empty:
        names = [named(column.name) for column in table.layout]
        path = ground.model.path(table)
        ground.lake.overwrite(path, found.now.select(*names), partition=table.partition)
        return found.written
    if journaled:
        number = ground.handover.number
        write_changes(ground.lake, ground.model, table, number, was=found.was, now=found.now)
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
    within = _partitions(table, found)
    present = ground.read(table.name)
    if not ground.lake.merges and _is_much(present, within):
        kept = without_keys_of(present, found.was, table)
        ground.lake.overwrite(path, kept.unionByName(rows), partition=table.partition)
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
        within=within,
        unique=True,
    )


def _partitions(table: Table, found: Differences) -> str | None:
    """Say which partitions differ, so that an engine need not look into the others."""
    if not table.partition:
        return None
    column = quoted(table.partition)
    values = found.now.select(column).unionAll(found.was.select(column)).distinct().collect()
    if len(values) > _MOST_PARTITIONS:
        return None
    said = [_literal(row[0]) for row in values if row[0] is not None]
    either = [f"t.{column} IN ({', '.join(sorted(said))})"] if said else []
    if len(said) < len(values):
        either.append(f"t.{column} IS NULL")
    return f"({' OR '.join(either)})"


def _is_much(present: DataFrame, within: str | None) -> bool:
    """Tell whether what differs lies in so much of a table that Sail writes it anew sooner than it merges."""
    concerned = present.alias("t").where(within) if within else present
    return concerned.count() * _MERGE_TO_REWRITE > present.count()


def _literal(value: int | date) -> str:
    return str(value) if isinstance(value, int) else f"DATE '{value.isoformat()}'"
