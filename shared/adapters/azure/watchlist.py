"""The names of rows that are open, in a partition of their own: none is ever missing from it.

A row and its name lie in different partitions, which no transaction spans. The order of writes
makes up for that, whoever comes between or dies:

- A name is written after its row was read as closed, and before the row is opened by
  compare-and-set. If the row was touched in between, the name is written once more.
- A name is removed after its row was closed by compare-and-set, and only as it was found before
  that. Whoever opens the row again has written the name anew, and the removal finds it changed.

A name too many can be left behind by a death; it is harmless and goes when its row closes again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.adapters.azure.entities import Entities, Row, RowModified

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist(Generic[T]):
    """Rows of one kind, and the partition that names those of them that are open."""

    rows: Entities
    partition: str
    kind: type[T]
    is_open: Callable[[T], bool]

    def names(self) -> list[str]:
        """Give the names of all open rows, and perhaps some of closed ones."""
        return [row.key for row in self.rows.range(self.partition)]

    def add(self, name: str) -> None:
        """Write a name down, before its row is opened."""
        self.rows.put(self.partition, name, {})

    def change(
        self, at: tuple[str, str], name: str, step: Callable[[T], T], *, fresh: T | None = None
    ) -> T | None:
        """Apply a step to the row at (partition, key) as `Entities.change` does, and keep its name."""
        found: Row | None = None

        def watched(before: T) -> T:
            nonlocal found
            after = step(before)
            found = None
            if self.is_open(after) and not self.is_open(before):
                self.add(name)
            elif self.is_open(before) and not self.is_open(after):
                found = self.rows.get(self.partition, name)
            return after

        changed = self.rows.change(*at, self.kind, fresh, watched)
        if found is not None:
            with suppress(RowModified):
                self.rows.remove(self.partition, name, etag=found.etag)
        return changed
