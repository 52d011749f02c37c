"""How far each table of gold is: `gold/_progress`, one row a table."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.delta import Lake
from lakehouse.gold.model import Model
from lakehouse.kinds import declared

PROGRESS: Final = "gold/_progress"
_COLUMNS: Final = {
    "model": "string",
    "table": "string",
    "through": "bigint",
    "built": "bigint",
    "fingerprint": "string",
    "rows": "bigint",
    "refreshed_at": "timestamp",
    "partition": "string",
}
# To be raised when the code makes other rows of the same declaration, or keeps other changes of them.
_FORMAT: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One table's state. `through`: the last hand-over gone through; `built`: the one that built it whole."""

    through: int
    built: int
    fingerprint: str
    rows: int
    refreshed_at: datetime
    partition: str


def read_progress(lake: Lake, model: Model) -> Mapping[str, Progress]:
    """Give the state of every table of the model that has one. Makes the table if there is none."""
    lake.create(PROGRESS, _COLUMNS)
    lake.evolve(PROGRESS, _COLUMNS)
    rows = lake.read(PROGRESS).where(f"model = '{model.name}'").collect()
    return {
        row["table"]: Progress(
            through=row["through"],
            built=row["built"],
            fingerprint=row["fingerprint"],
            rows=row["rows"],
            refreshed_at=row["refreshed_at"].replace(tzinfo=UTC),
            partition=row["partition"] or "",
        )
        for row in rows
    }


def write_progress(lake: Lake, model: Model, tables: Mapping[str, Progress]) -> None:
    """Keep the state of tables. No commit is made if only the times would differ."""
    rows = [
        (
            model.name,
            table,
            done.through,
            done.built,
            done.fingerprint,
            done.rows,
            done.refreshed_at,
            done.partition,
        )
        for table, done in tables.items()
    ]
    state = lake.spark.createDataFrame(rows, declared(_COLUMNS))
    compared = ["through", "built", "fingerprint", "rows", "partition"]
    lake.merge(PROGRESS, state, on=["model", "table"], compare=compared, unique=True)


def forget_progress(lake: Lake, model: Model) -> None:
    """Let every table of the model be built whole, however it lies there now."""
    lake.create(PROGRESS, _COLUMNS)
    rows = lake.read(PROGRESS).where(f"model = '{model.name}'").withColumn("fingerprint", F.lit(""))
    lake.merge(PROGRESS, rows, on=["model", "table"], compare=["fingerprint"], unique=True)


def fingerprints(model: Model) -> Mapping[str, str]:
    """Give for each table a hash of all that its rows follow from, the tables before it included."""
    found: dict[str, str] = {}
    for table in model.tables:
        above = [found[each.dimension] for each in table.relationships]
        above += [found[name] for name in table.reads if name in found]
        text = repr((_FORMAT, table, above))
        found[table.name] = hashlib.sha256(text.encode()).hexdigest()
    return found
