"""Judges the comparison of one table: equal, equal but for what its cursor cannot see, or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.oracle import Comparison, compare
from local.sample.change import Change
from shared.catalog import TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A comparison, and the changes that no incremental load of the table can have seen."""

    comparison: Comparison
    unseen: tuple[Change, ...] = ()

    @property
    def unseen_keys(self) -> frozenset[str]:
        """The keys of the rows that may differ."""
        return frozenset(key for change in self.unseen for key in change.keys)

    @property
    def passed(self) -> bool:
        """Whether all is equal but the rows that may differ, and these all do."""
        found = self.comparison
        if found.equal:
            return True
        exactly = found.different.count == len(self.unseen_keys)
        return found.sound and exactly and frozenset(found.different.examples) == self.unseen_keys

    def __str__(self) -> str:
        """Say it in a few words."""
        found = self.comparison
        if found.equal:
            return "equal"
        if self.passed:
            return f"equal but for {found.different.count} unseen"
        counts = {
            "missing": found.missing.count,
            "extra": found.extra.count,
            "different": found.different.count,
            "published twice": found.published_twice.count,
            "faults": len(found.faults),
        }
        return "NOT EQUAL: " + ", ".join(f"{n} {what}" for what, n in counts.items() if n)

    def describe(self) -> Iterator[str]:
        """Name what is different, and say of each whether that was to be expected."""
        found = self.comparison
        if not found.equal and self.passed:
            yield (
                f"Expected: {found.table} differs in {', '.join(found.columns)} of the rows "
                f"{', '.join(found.different.examples)}, and in nothing else. "
                f"{', '.join(change.name for change in self.unseen)} left the cursor column as it "
                "was, so no incremental load can see it."
            )
            return
        for what, keys in (
            ("are missing in the lake", found.missing),
            ("are in the lake only", found.extra),
            (f"differ in {', '.join(found.columns)}", found.different),
            ("were published twice", found.published_twice),
        ):
            if keys.count:
                yield f"{found.table}: {keys.count} rows {what}: {', '.join(keys.examples)}"
        for fault in found.faults:
            yield f"{found.table}: {fault}"


def judge(uri: str, table: TableSpec, lake: Path, changes: Iterable[Change] = ()) -> Verdict:
    """Compare a table now, knowing what was changed at the source. Raises NotComparable."""
    unseen = tuple(each for each in changes if each.table == table.table and not each.seen)
    return Verdict(comparison=compare(uri, table, lake), unseen=unseen)
