"""A published run as those see it who read bronze in the order of `run_no`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from shared.loading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRun:
    """A run whose folder is in bronze for good; a table's runs are published in the order of `run_no`.

    `traceparent` is where it stands in its trace, empty if that is not known.
    """

    run_id: str
    run_no: int
    mode: Mode
    folder: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhanded:
    """A table that has published since it was handed over last. `since` is UTC, ISO 8601.

    `version` changes whenever the table is about to publish again.
    """

    table: str
    since: str
    version: str


class Publications(Protocol):
    """What was published, in the order of each table. Raises StateUnavailable."""

    def unhanded(self) -> tuple[Unhanded, ...]:
        """Name the tables that have published, or are about to, and perhaps some that have not."""
        ...

    def runs_above(self, table: str, run_no: int) -> tuple[PublishedRun, ...]:
        """List what a table has published above a number, ascending."""
        ...

    def settle(self, tables: Iterable[Unhanded]) -> None:
        """Take tables off the list; one that is about to publish again stays on it.

        Only what was found to have no claimed commit after it was listed may be settled.
        """
        ...
