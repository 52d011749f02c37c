"""What a comparison of two lakes says, for people and for machines, and what each class means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.formats import format_count
from cli.migration.lake.column_types import Matched
from cli.migration.lake.difference import Difference, Example, Rows
from cli.migration.lake.images import Lake

ONLY_OLD = (
    "the source had lost them before Tidemark read it, for Data Factory notices no delete; or "
    "Tidemark was told to begin above them (watermark.start): compare with --since"
)
ONLY_NEW = (
    "Data Factory has not landed them (F1, F2, F3, F5), or they are newer than its last run: "
    "compare with --until"
)
DIFFERENT = (
    "changed without a newer cursor value, so that Data Factory kept the older one (F4), or "
    "changed since its last run: compare with --until"
)
BOTH = (
    "A row that was deleted at the source after both had read it is in both, and counts as equal."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceReport:
    """A comparison of one table, with what was compared."""

    table: str
    old: Lake
    new: Lake
    difference: Difference

    def view(self) -> dict[str, Any]:
        """Give everything as plain JSON."""
        found = self.difference
        return {
            "table": self.table,
            "equal": found.is_equal,
            "old": {"files": self.old.loads, "images": self.old.images},
            "new": {"runs": self.new.loads, "images": self.new.images},
            "ignored": [*self.old.ignored, *self.new.ignored],
            "rows": {
                "equal": found.equal,
                "only_old": _rows(found.only_old, ONLY_OLD),
                "only_new": _rows(found.only_new, ONLY_NEW),
                "different": _rows(found.different, DIFFERENT),
                "outside": found.outside,
            },
            "columns": {
                "different": dict(found.columns),
                "only_old": list(found.columns_only_old),
                "only_new": list(found.columns_only_new),
                "matched": [_matched(each) for each in found.matched if each.differs],
            },
        }

    def lines(self) -> Iterator[str]:
        """Give everything line by line."""
        found = self.difference
        yield f"{self.table}: {'equal' if found.is_equal else 'DIFFERENT'}"
        yield f"  old: {format_count(self.old.images)} row images in {self.old.loads} file(s)"
        yield f"  new: {format_count(self.new.images)} row images in {self.new.loads} run(s)"
        if ignored := [*self.old.ignored, *self.new.ignored]:
            yield f"  not looked at: {', '.join(ignored)}"
        yield f"  equal rows: {format_count(found.equal)}"
        if found.outside:
            yield f"  out of the period: {format_count(found.outside)}"
        yield from _class("only in old", found.only_old, ONLY_OLD)
        yield from _class("only in new", found.only_new, ONLY_NEW)
        yield from _class("different", found.different, DIFFERENT)
        for column, count in found.columns:
            yield f"    column {column}: {format_count(count)} row(s)"
        yield from _columns(found)
        yield f"  {BOTH}"


def _rows(rows: Rows, meaning: str) -> dict[str, Any]:
    return {
        "count": rows.count,
        "meaning": meaning,
        "examples": [
            {
                "key": dict(each.key),
                "changes": {it.column: {"old": it.old, "new": it.new} for it in each.changes},
            }
            for each in rows.examples
        ],
    }


def _matched(each: Matched) -> dict[str, Any]:
    return {
        "column": each.column,
        "old": list(each.old),
        "new": list(each.new),
        "compared_as": None if each.kind is None else str(each.kind),
        "how": each.how,
    }


def _class(name: str, rows: Rows, meaning: str) -> Iterator[str]:
    if not rows.count:
        return
    yield f"  {name}: {format_count(rows.count)}: {meaning}"
    for example in rows.examples:
        yield f"    {_example(example)}"
    if rows.count > len(rows.examples):
        yield f"    and {format_count(rows.count - len(rows.examples))} more"


def _example(example: Example) -> str:
    key = ", ".join(f"{name}={_shown(value)}" for name, value in example.key)
    changes = "; ".join(
        f"{it.column}: {_shown(it.old)} -> {_shown(it.new)}" for it in example.changes
    )
    return f"{key}: {changes}" if changes else key


def _shown(value: str | None) -> str:
    return "NULL" if value is None else repr(value) if value != value.strip() else value


def _columns(found: Difference) -> Iterator[str]:
    for side, names in (("old", found.columns_only_old), ("new", found.columns_only_new)):
        if names:
            yield f"  columns only in {side}, not compared: {', '.join(names)}"
    for each in found.matched:
        if each.differs or each.kind is None:
            kind = "not compared" if each.kind is None else f"compared as {each.kind}"
            how = f" ({each.how})" if each.how else ""
            types = f"{'/'.join(each.old)} and {'/'.join(each.new)}"
            yield f"  column {each.column}: {types}, {kind}{how}"
