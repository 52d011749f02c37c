"""Lineage: which datasets a run read and wrote, how their columns are, and what was found of them.

Said in words of our own; an adapter gives them the form of OpenLineage. No value of a row is in it: of
columns the names, types and counts, of an error its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Moment = Literal["START", "RUNNING", "COMPLETE", "FAIL", "ABORT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asserted:
    """A rule of quality, and by how many of how many rows it was broken."""

    rule: str
    severity: str
    broken: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A table or folder by its namespace and name, with what is known of it.

    `columns` are names with types. `rows`, `bytes` and `files` are what this run read or wrote; `nulls`
    how many NULLs a column held among them.
    """

    namespace: str
    name: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    nulls: Mapping[str, int] = field(default_factory=dict[str, int])
    asserted: tuple[Asserted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageRun:
    """A run of a job. `key` names it for all time; `kind` is ORDER, LOAD, REFRESH or TABLE (of gold)."""

    job: str
    key: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageEvent:
    """What became of a run at a moment. `at` is UTC, ISO 8601; `error` a type with its remedy."""

    moment: Moment
    at: str
    run: LineageRun
    parent: LineageRun | None = None
    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    error: str | None = None


class Lineage(Protocol):
    """Where lineage is told: at least once. What cannot be sent is kept, and nothing is raised."""

    def tell(self, event: LineageEvent) -> None:
        """Send an event, or keep it for later."""
        ...

    def send_kept(self) -> None:
        """Send what was kept, some at once."""
        ...
