"""Lakes whose user dies: at a commit chosen before, at the merge of a number, or where gold puts rows aside."""

from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.parquet import put_aside


class ProcessDied(Exception):
    """The process was ended here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MortalLake(Lake):
    """Dies once, before the commit after so many."""

    left: list[int] = field(default_factory=list)

    def _commit(self, statement: str) -> None:
        self.count()
        Lake._commit(self, statement)

    def overwrite(self, table: str, rows: DataFrame, **how: Any) -> None:
        self.count()
        Lake.overwrite(self, table, rows, **how)

    def add(self, table: str, rows: DataFrame, **how: Any) -> None:
        self.count()
        Lake.add(self, table, rows, **how)

    def count(self) -> None:
        """Come one commit nearer to death."""
        if self.left:
            self.left[0] -= 1
            if self.left[0] < 0:
                self.left.clear()
                raise ProcessDied


@dataclass(frozen=True, slots=True, kw_only=True)
class DyingLake(Lake):
    """Dies before it merges, adds or overwrites for the n-th time, and every time after."""

    writes: list[int] = field(default_factory=list)
    until: int = 0

    def merge(self, table: str, rows: DataFrame, **how: Any) -> None:
        self.count()
        Lake.merge(self, table, rows, **how)

    def add(self, table: str, rows: DataFrame, **how: Any) -> None:
        self.count()
        Lake.add(self, table, rows, **how)

    def overwrite(self, table: str, rows: DataFrame, **how: Any) -> None:
        self.count()
        Lake.overwrite(self, table, rows, **how)

    def count(self) -> None:
        """Come one write nearer to death."""
        self.writes.append(1)
        if len(self.writes) > self.until:
            raise ProcessDied


def put_aside_mortally(lake: Lake, folder: str, rows: DataFrame, **how: Any) -> DataFrame:
    """Put rows aside; whose lake dies has removed what was there before, and written nothing yet."""
    if isinstance(lake, MortalLake | DyingLake):
        try:
            lake.count()
        except ProcessDied:
            put_aside(lake, folder, rows.limit(0), **how)
            raise
    return put_aside(lake, folder, rows, **how)
