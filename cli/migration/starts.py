"""What is said of a table's watermark in Data Factory and of its `from_date`."""

from __future__ import annotations

from collections.abc import Iterator

from cli.migration.adf_watermark import AdfWatermark
from cli.migration.finding import Finding
from cli.migration.loop_input import Entry
from shared.loading.cursor import Kind

_EVERYTHING = "no start: the first load reads everything"


def judge_start(
    entry: Entry, mark: AdfWatermark | None, kind: Kind | None, start: str | None
) -> Iterator[Finding]:
    """Give what is to be known of where the first load begins; the tables are left to the caller."""
    if entry.since:
        yield _about(
            "F10",
            "has a from_date, which asks for a backfill and is no place to start at",
            "left out; order the backfill with an end, by the command below",
        )
    if kind is None:
        return
    if start is not None:
        yield _about(
            "F1, F2, F3",
            "has a watermark below which rows may be missing in the old lake",
            f"starts there, at {start}; take the line out to load everything anew",
        )
    elif mark is not None:
        yield _without(mark)


def _without(mark: AdfWatermark) -> Finding:
    match mark.state:
        case "shared":
            found = f"shares the one watermark {mark.file} with other tables"
            return _about("F9", found, f"it is nobody's; {_EVERYTHING}")
        case "seed":
            return _about("F21", f"has the hand-made watermark {mark.text}", _EVERYTHING)
        case "empty":
            return _about("F8", f"has the watermark file {mark.file} without a value", _EVERYTHING)
        case _:
            return _about("", "has no watermark file", _EVERYTHING)


def _about(fault: str, found: str, done: str) -> Finding:
    return Finding(fault=fault, where=(), found=found, done=done)
