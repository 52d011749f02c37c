"""Looking after tables: few large files instead of many small ones, and none that nobody reads.

One port with two sides: statements on Databricks, delta-rs elsewhere, as Sail has none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from pyspark.sql import SparkSession

from lakehouse.delta import SMALL_FILE, Lake
from lakehouse.errors import RetentionShort
from lakehouse.handover import tables_of
from lakehouse.session import on_databricks
from lakehouse.silver import quality, runs
from lakehouse.texts import databricks_files, file_system

# Shorter, and a reader or writer that is at work may lose files: Delta's own limit is a week.
SHORTEST = timedelta(days=7)
# Whoever reads bronze by its manifests does not see a run any more once this is gone.
_MANIFEST = "_manifest.json"


class Maintenance(Protocol):
    """What is done to one table, which is named by its location."""

    def optimize(self, location: str) -> None:
        """Rewrite small files as large ones; the rows stay as they are."""
        ...

    def vacuum(self, location: str, older: timedelta) -> None:
        """Remove files that no version younger than `older` has."""
        ...

    def remove_run(self, location: str) -> None:
        """Remove the folder of a run of bronze, its manifest first; one that is gone stays so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabricksMaintenance:
    """By statements; where predictive optimisation is on, Databricks does the same by itself."""

    spark: SparkSession

    def optimize(self, location: str) -> None:
        """Rewrite small files as large ones; the rows stay as they are."""
        self.spark.sql(f"OPTIMIZE delta.`{location}`")

    def vacuum(self, location: str, older: timedelta) -> None:
        """Remove files that no version younger than `older` has."""
        hours = older // timedelta(hours=1)
        self.spark.sql(f"VACUUM delta.`{location}` RETAIN {hours} HOURS")

    def remove_run(self, location: str) -> None:
        """Remove the folder of a run of bronze, its manifest first; one that is gone stays so."""
        files = databricks_files(self.spark)
        files.rm(f"{location}/{_MANIFEST}")
        files.rm(location, True)  # noqa: FBT003 - dbutils takes it by position


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaRsMaintenance:
    """By delta-rs, in this process; it reaches accounts by the same environment as Sail."""

    def optimize(self, location: str) -> None:
        """Rewrite small files as large ones; the rows stay as they are."""
        # Not larger than they are written: whoever replaces a row writes its file anew.
        self._table(location).optimize.compact(target_size=SMALL_FILE)

    def vacuum(self, location: str, older: timedelta) -> None:
        """Remove files that no version younger than `older` has."""
        self._table(location).vacuum(
            retention_hours=older // timedelta(hours=1),
            dry_run=False,
            # The limit is checked by `maintain`, which tests go round.
            enforce_retention_duration=False,
        )

    def remove_run(self, location: str) -> None:
        """Remove the folder of a run of bronze, its manifest first; one that is gone stays so."""
        system, folder = file_system(location)
        with suppress(FileNotFoundError):
            system.delete_file(f"{folder}/{_MANIFEST}")
        with suppress(FileNotFoundError):
            system.delete_dir(folder)

    def _table(self, location: str) -> Any:
        from deltalake import DeltaTable  # noqa: PLC0415 - not installed on Databricks

        return DeltaTable(location)


def maintenance_of(lake: Lake, environ: Mapping[str, str]) -> Maintenance:
    """Choose the side by where this runs."""
    if on_databricks(environ):
        return DatabricksMaintenance(spark=lake.spark)
    return DeltaRsMaintenance()


def maintain(
    lake: Lake, maintenance: Maintenance, older: timedelta, *, also: Sequence[str] = ()
) -> list[str]:
    """Optimise and vacuum all tables of silver, and those whose paths are given besides.

    Returns:
        The tables' paths.

    Raises:
        RetentionShort: `older` is less than a week.
    """
    if older < SHORTEST:
        raise RetentionShort(f"{older} is less than {SHORTEST}")
    silver = [path for table in runs.silver_paths(lake) for path in tables_of(table)]
    there = [path for path in (*silver, runs.PATH, quality.PATH, *also) if lake.exists(path)]
    for path in there:
        maintenance.optimize(lake.location(path))
        maintenance.vacuum(lake.location(path), older)
    return there
