"""What plans say will be read, beside what was then read and landed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The rows of one table, or of several together: estimated before, then read, then landed.

    Rows above the watermark are read again by every load, and landed again only if they changed.
    What a run read is told by its manifest; `read` is None of one that landed nothing and has none.
    """

    table: str
    estimated: int
    read: int | None
    landed: int

    @property
    def deviation(self) -> float | None:
        """By how many percent of the rows read the estimate is too high; None if there is none."""
        return 100 * (self.estimated - self.read) / self.read if self.read else None


def compare_rows(
    plans: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]], lake: Path
) -> tuple[Estimate, ...]:
    """Set each table's plan beside the runs that loaded it, of which a backfill has several."""
    return tuple(
        _compare(plan, [run for run in runs if run["table"] == plan["table"]], lake)
        for plan in plans
    )


def add_up(estimates: Sequence[Estimate]) -> Estimate:
    """Give all of them together of which it is known how many rows were read."""
    known = [each for each in estimates if each.read is not None]
    return Estimate(
        table="together",
        estimated=sum(each.estimated for each in known),
        read=sum(each.read or 0 for each in known),
        landed=sum(each.landed for each in known),
    )


def _compare(plan: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], lake: Path) -> Estimate:
    folders = [lake / run["folder"] for run in runs if run["folder"]]
    return Estimate(
        table=plan["table"] + (", backfill" if plan["mode"] == "backfill" else ""),
        estimated=plan["estimated_rows"],
        read=sum(map(_rows_read, folders)) if folders else None,
        landed=sum(run["rows"] for run in runs),
    )


def _rows_read(folder: Path) -> int:
    manifest = json.loads((folder / "_manifest.json").read_text())
    return sum(slice_["read"] for slice_ in manifest["receipt"])
