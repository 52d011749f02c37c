"""What differs between two lakes: how many rows of each class, and the first of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cli.migration.lake.column_types import Matched

Texts = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One column of a row in which the two sides differ; None is NULL."""

    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row that differs: its key columns with their values, and what is unlike if both have it."""

    key: Texts
    changes: tuple[ValueChange, ...] = ()


@dataclass(slots=True, kw_only=True)
class Tally:
    """Rows counted bucket by bucket. `limit` is how many examples of a class are kept."""

    limit: int
    equal: int = 0
    outside: int = 0
    counts: dict[str, int] = field(default_factory=dict[str, int])
    examples: dict[str, list[Example]] = field(default_factory=dict[str, list[Example]])
    columns: dict[str, int] = field(default_factory=dict[str, int])

    def room(self, group: str) -> int:
        """How many more examples of a class are wanted."""
        return self.limit - len(self.examples.get(group, []))

    def add(self, group: str, count: int, examples: list[Example]) -> None:
        """Count rows of a class."""
        self.counts[group] = self.counts.get(group, 0) + count
        self.examples.setdefault(group, []).extend(examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one class: how many, and the first by their keys."""

    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two lakes compared. `outside` rows lie out of the period; `columns` counts unlike values.

    `only_in` names columns that only one side has; those are not compared.
    """

    only_old: Rows
    only_new: Rows
    different: Rows
    equal: int
    outside: int
    columns: tuple[tuple[str, int], ...]
    matched: tuple[Matched, ...]
    columns_only_old: tuple[str, ...]
    columns_only_new: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every row compared is on both sides with the same columns and values."""
        rows = self.only_old.count + self.only_new.count + self.different.count
        columns = len(self.columns_only_old) + len(self.columns_only_new)
        return rows + columns == 0 and all(each.kind is not None for each in self.matched)


def make_rows(tally: Tally, group: str) -> Rows:
    """Give the rows of one class."""
    found = sorted(tally.examples.get(group, []), key=_by_key)
    return Rows(count=tally.counts.get(group, 0), examples=tuple(found))


def _by_key(example: Example) -> tuple[tuple[int, str], ...]:
    # Shorter numbers come first, so that 9 stands before 10.
    return tuple((len(value or ""), value or "") for _, value in example.key)
