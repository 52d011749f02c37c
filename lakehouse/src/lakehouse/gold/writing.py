"""Writes a gold table by difference: what is equal stays, so that a repeat makes no commit."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.delta import Lake
from lakehouse.errors import LakehouseError
from lakehouse.gold.model import Model, Table
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.rows import all_of, any_of, named

_GONE = "_gone"


class ValueMissing(LakehouseError):
    """Declare the column nullable, or see to it that its source or SQL always gives a value."""


def prepare_table(lake: Lake, model: Model, table: Table) -> bool:
    """Make the table as declared, empty if there was none or one of other columns. Tell whether it was so."""
    path = model.path(table)
    types = {column.name: column.type for column in table.layout}
    if not lake.exists(path):
        lake.create(path, types)
        return True
    if dict(lake.read(path).dtypes) == types:
        return False
    schema = ", ".join(f"`{name.replace('`', '``')}` {kind}" for name, kind in types.items())
    empty = lake.spark.createDataFrame([], schema)
    lake.overwrite(path, empty, options={"overwriteSchema": "true"})
    return True


def write_part(ground: Ground, table: Table, part: Part) -> int:
    """Bring a part of a table to what it shall be, and tell how many rows were written or deleted.

    Raises:
        ValueMissing: a column that is never empty would be.
        KeysRepeated: two rows have one key.
    """
    _check_values(table, part.rows)
    key = list(table.identity)
    names = [column.name for column in table.layout]
    keys = part.rows.select(*(named(name).alias(f"_w{i}") for i, name in enumerate(key)))
    # NULL equals NULL, as in the merge: else the row of a group without a name would be there twice.
    same = [named(name).eqNullSafe(F.col(f"_w{i}")) for i, name in enumerate(key)]
    stale = part.before.join(keys, all_of(same), "left_anti").select(*map(named, names))
    rows = part.rows.withColumn(_GONE, F.lit(False)).unionByName(  # noqa: FBT003 - a value
        stale.withColumn(_GONE, F.lit(True))  # noqa: FBT003 - a value
    )
    return ground.lake.merge(
        ground.model.path(table),
        rows,
        on=key,
        compare=[name for name in names if name not in key],
        delete_when=f"s.{_GONE}",
    )


def _check_values(table: Table, rows: DataFrame) -> None:
    needed = [named(column.name).isNull() for column in table.layout if not column.nullable]
    if not needed:
        return
    missing = rows.where(any_of(needed)).limit(1).collect()
    if missing:
        empty = [c.name for c in table.layout if not c.nullable and missing[0][c.name] is None]
        raise ValueMissing(f"{table.name}: {', '.join(empty)} may not be empty")
