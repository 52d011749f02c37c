"""How the first page looks."""

from __future__ import annotations

from urllib.parse import urlencode

from web.page import markup as h
from web.page.charts import Bar, say_bars, sparkline
from web.page.frame import Frame, render_page
from web.page.glyphs import sign, standing_badge, tone_of
from web.page.markup import Html, Node
from web.page.pieces import Column, act, acts, chosen, dash, grid, heading, notice
from web.page.standing import NAMES, STANDINGS, Standing
from web.page.views.overview import Overview, TableLine
from web.page.wording import (
    HOME,
    ago,
    count,
    plural,
    run_path,
    seconds_between,
    span,
    table_link,
)

_COLUMNS = (
    Column(name="Table"),
    Column(name="State"),
    Column(name="Watermark"),
    Column(name="Lag", number=True),
    Column(name="Last run"),
    Column(name="Rows", number=True),
    Column(name="Durations"),
)


def render(view: Overview, frame: Frame) -> str:
    """Write the first page."""
    content = [
        heading("Tables", _actions(view, frame)),
        _tiles(view),
        _filter(view),
        grid(
            "Tables, those first that want attention",
            _COLUMNS,
            [_cells(line, view) for line in view.tables],
            "No table is like this."
            if view.source or view.state
            else "There are no tables yet: write a table file, and it appears here.",
        ),
        _left_out(view),
    ]
    return render_page("Tables", content, frame, place="tables")


def _actions(view: Overview, frame: Frame) -> Html:
    given = {"source": view.source} if view.source else {}
    return acts(
        act(frame, "Load tables", "load", **given, main=True),
        act(frame, "Refresh the lakehouse", "refresh"),
    )


def _tiles(view: Overview) -> Html:
    always: tuple[Standing, ...] = ("failed", "late", "fresh")
    shown: list[Standing] = [each for each in STANDINGS if view.counts[each] or each in always]
    tiles = [
        h.li(
            h.a(
                h.span(count(view.counts[each]), class_="big"),
                standing_badge(each),
                href=_address(view, state="" if view.state == each else each),
                class_=f"tile {tone_of(each)}" + (" none" if not view.counts[each] else ""),
                aria_current="true" if view.state == each else None,
            )
        )
        for each in shown
    ]
    return h.ul(tiles, class_="tiles", aria_label="Tables by state")


def _address(view: Overview, *, state: str) -> str:
    kept = {"source": view.source, "state": state, "after": view.after}
    asked = urlencode({name: text for name, text in kept.items() if text}, errors="replace")
    return f"{HOME}?{asked}" if asked else HOME


def _filter(view: Overview) -> Html:
    states = [("", "Any state"), *((each, NAMES[each]) for each in STANDINGS)]
    sources = [("", "All sources"), *((each, each) for each in view.sources)]
    return h.form(
        chosen("source", "Source", sources, view.source),
        chosen("state", "State", states, view.state),
        h.button("Show", class_="plain"),
        h.span(_shown(view), class_="of"),
        method="get",
        action=HOME,
        class_="filter",
    )


def _shown(view: Overview) -> str:
    if len(view.tables) == view.total:
        return plural(view.total, "table")
    return f"{count(len(view.tables))} of {plural(view.total, 'table')}"


def _cells(line: TableLine, view: Overview) -> list[Node]:
    last = line.last
    return [
        table_link(line.name),
        [standing_badge(line.stand.is_), _why(line)],
        h.code(line.watermark.position) if line.watermark else dash(None),
        span(line.lag),
        _last_run(line, view),
        count(last.rows) if last else dash(None),
        _spark(line),
    ]


def _why(line: TableLine) -> Html | None:
    why = line.stand.why
    if not why:
        return None
    last = line.last
    if line.stand.is_ == "held" and last is not None:
        why = f"for {span(last.bound.held_back_seconds)} by {why}"
    if line.stand.is_ == "failed" and last is not None:
        return h.a(why, href=run_path(last.run_id), class_="why")
    return h.span(why, class_="why")


def _last_run(line: TableLine, view: Overview) -> Node:
    last = line.last
    if last is None:
        return "older than what is looked through" if line.unseen else dash(None)
    took = seconds_between(last.started_at, last.ended_at)
    return [
        h.a(ago(last.ended_at or last.started_at, view.now), href=run_path(last.run_id)),
        h.span(f" took {span(took)}", class_="of") if took is not None else None,
    ]


def _spark(line: TableLine) -> Node:
    bars = [
        Bar(
            value=seconds_between(run.started_at, run.ended_at) or 0.0,
            tone="bad" if run.state == "failed" else "good" if run.rows else "quiet",
        )
        for run in line.runs
    ]
    return sparkline(bars, say_bars(bars, "Duration", span))


def _left_out(view: Overview) -> Node:
    said: list[Node] = []
    if view.next or view.after:
        said.append(
            f"One page has {plural(view.looked_at, 'table')} of {count(view.total)}, by name. "
        )
    if view.runs_left:
        said.append(
            f"Last runs and durations are those among the newest {plural(view.runs_seen, 'run')} of "
            "the ledger; older ones are on each table's own page. "
        )
    if view.unseen:
        said.append(
            f"{plural(view.unseen, 'table has', 'tables have')} older runs only, "
            "which this page does not look up. "
        )
    if view.next:
        kept = {"source": view.source, "state": view.state, "after": view.next}
        asked = urlencode({name: text for name, text in kept.items() if text}, errors="replace")
        said.append(h.a("Next tables", href=f"{HOME}?{asked}", rel="next"))
    return notice(sign("dots"), *said) if said else None
