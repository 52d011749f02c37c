"""The suite's table in a terminal: lost, doubled and read again, of each case and each tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.anomalies.cells import write_cell
from local.anomalies.record import Record, failed, summarise

_LEGEND = (
    "lost / doubled / read again. Lost: rows missing, out of date or deleted at the source and still "
    "there. Doubled: keys that are there twice after the merge. Read again: row images landed beyond "
    "one per version. refused: the tool stopped with that error on the way."
)


def render_record(record: Record) -> RenderableType:
    """Lay a record out for people."""
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    grid.add_column("Case", no_wrap=True)
    grid.add_column("What happens", overflow="fold")
    for subject in record["subjects"].values():
        grid.add_column(subject["title"], overflow="fold")
    found = {(each["case"], each["subject"]): each for each in record["outcomes"]}
    for case in dict.fromkeys(each["case"] for each in record["outcomes"]):
        mine = [found.get((case, name)) for name in record["subjects"]]
        known = next(each for each in mine if each)
        what = Text(known["title"]).append(f": {known['what']}", style="dim")
        grid.add_row(case, what, *(_cell(each) for each in mine))
    parts: list[RenderableType] = [grid, Text(_LEGEND, style="dim"), Text(_versions(record))]
    parts += [_fault(each) for each in record["outcomes"] if each["verdict"] == "failed"]
    wrong = failed(record)
    parts.append(Text(summarise(record), style="bold red" if wrong else "bold green"))
    return Group(*parts)


def _cell(outcome: Mapping[str, Any] | None) -> Text:
    if outcome is None:
        return Text("")
    score = outcome["score"]
    clean = score is not None and score["lost"] + score["doubled"] == 0
    style = "green" if clean else "yellow" if outcome["verdict"] != "failed" else "bold red"
    return Text(write_cell(outcome), style=style)


def _fault(outcome: Mapping[str, Any]) -> Text:
    return Text(f"{outcome['case']}: {'; '.join(outcome['faults'])}", style="bold red")


def _versions(record: Record) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return f"{record['measured_at']}, seed {record['seed']}, {record['seconds']} s, {versions}"
