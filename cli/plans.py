"""A plan as the API answers it, and how it looks to people."""

from __future__ import annotations

from itertools import groupby

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from cli.answers import Bound, Failure
from cli.formats import NOTHING, clean, format_count, format_text, format_time
from cli.layout import list_facts, list_failures, make_grid, plural


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at the source, which the bound is made of; cursor values in its exact text."""

    clock: str
    max_cursor: str | None = None
    has_nulls: bool = False
    oldest_open: str | None = None
    sessions_hidden: bool = False


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column with the source's own name of its type, and the Arrow type that it lands as."""

    name: str
    source_type: str
    lands: str = ""
    nullable: bool = True


class PlannedSlice(msgspec.Struct, frozen=True, kw_only=True):
    """What one slice would read: above `after`, up to and including `upto`, and how."""

    number: int
    after: str | None = None
    upto: str | None = None
    nulls: bool
    estimated_rows: int | None = None
    sql: str
    values: dict[str, str]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a load or a backfill would do; `stops` is the error that it would end with."""

    table: str
    mode: str
    watermark_before: str | None = None
    bound: Bound | None = None
    found: Sighting | None = None
    columns: tuple[Column, ...] = ()
    drift: tuple[str, ...] = ()
    stops: Failure | None = None
    slices: tuple[PlannedSlice, ...] = ()
    estimated_rows: int | None = None
    planned_at: str


def render_plan(plan: Plan) -> RenderableType:
    """Write what would be read, up to where and how that is known, and what would stop it."""
    head = list_facts(
        ("Table", plan.table),
        ("Mode", plan.mode),
        ("Watermark", plan.watermark_before or "none yet"),
        *_bound_facts(plan),
        ("Columns", format_count(len(plan.columns))),
        *(("Drift", finding) for finding in plan.drift),
        ("To read", _amount(plan)),
        ("Planned (UTC)", format_time(plan.planned_at)),
    )
    parts: list[RenderableType] = [head]
    if plan.slices:
        parts += ["", _slices(plan), *_statements(plan)]
    return Group(*parts, *list_failures([("this would stop it", plan.stops)]))


def _bound_facts(plan: Plan) -> list[tuple[str, str]]:
    bound, found = plan.bound, plan.found
    facts: list[tuple[str, str]] = []
    if bound is not None:
        facts.append(("Bound", f"{bound.value or NOTHING} ({bound.how})"))
        if bound.held_back_since:
            whose = f" ({bound.held_back_by})" if bound.held_back_by else ""
            since = f"a transaction is open since {bound.held_back_since}{whose}"
            facts.append(("Held back", since))
    if found is not None:
        facts.append(("Source's clock", found.clock))
        facts.append(("Highest cursor", found.max_cursor or NOTHING))
        if found.has_nulls:
            facts.append(("NULLs", "there are rows without a cursor value"))
        if found.sessions_hidden:
            facts.append(("Sessions", "others are hidden from this login"))
    return facts


def _amount(plan: Plan) -> str:
    count = len(plan.slices)
    if not count:
        return "nothing"
    return (
        f"about {_rows(plan.estimated_rows)} rows in {format_count(count)} {plural('slice', count)}"
    )


def _slices(plan: Plan) -> RenderableType:
    grid = make_grid(">Slice", "After (exclusive)", "Up to", "NULLs", ">Rows, about")
    for part in plan.slices:
        grid.add_row(
            str(part.number),
            format_text(part.after),
            format_text(part.upto),
            "with" if part.nulls else NOTHING,
            _rows(part.estimated_rows),
        )
    return grid


def _statements(plan: Plan) -> list[Text]:
    """Write each statement once, and below it what the first of its slices binds to it."""
    texts: list[Text] = []
    for sql, found in groupby(plan.slices, key=lambda part: part.sql):
        first, *others = found
        last = f" to {others[-1].number}" if others else ""
        bound = ", ".join(f"{name} = {value}" for name, value in first.values.items())
        text = Text("\n").append(clean(sql))
        text.append(f"\n  {plural('slice', 1 + len(others))} {first.number}{last}", style="dim")
        if bound:
            text.append(f"; of {first.number}: {clean(bound)}", style="dim")
        texts.append(text)
    return texts


def _rows(count: int | None) -> str:
    return "unknown" if count is None else format_count(count)
