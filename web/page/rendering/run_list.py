"""Runs as lists show them, on the pages of runs, tables and quality."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.operations.records import RunRecord
from web.page import markup as h
from web.page.glyphs import state_badge
from web.page.markup import Html, Node
from web.page.pieces import Column, grid
from web.page.wording import (
    ago,
    count,
    plural,
    run_path,
    seconds_between,
    short_run,
    size,
    span,
    table_link,
)

_BEFORE = (Column(name="Run"), Column(name="Table"))
_AFTER = (
    Column(name="State"),
    Column(name="Mode"),
    Column(name="Began"),
    Column(name="Took", number=True),
    Column(name="Rows", number=True),
    Column(name="Size", number=True),
    Column(name="Watermark after"),
    Column(name="What was noticed"),
)


def run_list(
    name: str, runs: Sequence[RunRecord], now: datetime, empty: str, *, with_table: bool = True
) -> Html:
    """Write runs as a list."""
    columns = (*_BEFORE, *_AFTER) if with_table else (_BEFORE[0], *_AFTER)
    return grid(name, columns, [_cells(run, now, with_table=with_table) for run in runs], empty)


def _cells(run: RunRecord, now: datetime, *, with_table: bool) -> list[Node]:
    again = h.span(f" attempt {run.attempt}", class_="of") if run.attempt > 1 else None
    table = [table_link(run.table)] if with_table else []
    return [
        [h.a(short_run(run.run_id), href=run_path(run.run_id), class_="id"), again],
        *table,
        state_badge(run.state, run.outcome),
        run.mode,
        ago(run.started_at, now),
        span(seconds_between(run.started_at, run.ended_at)),
        count(run.rows),
        size(run.bytes),
        h.code(run.watermark_after) if run.watermark_after else "",
        noticed(run),
    ]


def noticed(run: RunRecord) -> Node:
    """Say in a line what is to be known of a run: its error, who held it back, what it found."""
    if run.error is not None:
        return h.span(h.strong(run.error.type), f" {run.error.message}", class_="line")
    said = [*run.findings]
    if run.bound.held_back:
        said.insert(0, run.bound.held_back)
    if not said:
        return ""
    more = f" and {plural(len(said) - 1, 'finding')} more" if len(said) > 1 else ""
    return h.span(said[0], more, class_="line")
