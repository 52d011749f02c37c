"""How a table's page looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.loading.watermark import Watermark
from shared.operations.records import RunRecord
from web.page import markup as h
from web.page.charts import Bar, column_chart, say_bars
from web.page.frame import Frame, render_page
from web.page.glyphs import standing_badge
from web.page.markup import Html, Node
from web.page.pieces import (
    Column,
    act,
    acts,
    dash,
    facts,
    failure,
    grid,
    heading,
    notice,
    pager,
    panel,
)
from web.page.rendering.run_list import run_list
from web.page.views.table import TablePage
from web.page.wording import (
    ago,
    clock,
    count,
    form_path,
    plural,
    run_path,
    seconds_between,
    short_run,
    span,
    table_path,
)

_MARKS = (
    Column(name="Version"),
    Column(name="Position"),
    Column(name="Moved"),
    Column(name="By"),
    Column(name="Why"),
    Column(name="Go back"),
)


def render(view: TablePage, frame: Frame) -> str:
    """Write a table's page."""
    last = view.last
    content = [
        heading(
            view.spec.name,
            standing_badge(view.stand.is_),
            _actions(view, frame),
            above=h.a(view.spec.source.name, href=f"/api/?source={view.spec.source.name}"),
        ),
        failure(last.error, view.runbook) if last and view.first else None,
        _held(view),
        _facts(view),
        _charts(view.runs),
        panel(
            "Runs",
            run_list("Runs of this table", view.runs, view.now, "No run yet.", with_table=False),
            pager(table_path(view.spec.name), {}, view.older, first=view.first),
        ),
        _watermarks(view, frame),
    ]
    return render_page(view.spec.name, content, frame, place="tables")


def _actions(view: TablePage, frame: Frame) -> Html:
    name = view.spec.name
    marked = view.spec.cursor.kind != "none"
    return acts(
        act(frame, "Load", "load", table=name, main=True),
        act(frame, "Load anew", "load", table=name, mode="initial"),
        act(frame, "Backfill", "backfill", table=name) if marked else None,
        act(frame, "Reconcile", "reconcile", table=name),
        act(frame, "Set watermark", "watermark", table=name) if marked else None,
        act(frame, "Release rows", "release", table=name),
    )


def _held(view: TablePage) -> Html | None:
    last = view.last
    if last is None or not view.first or not last.bound.held_back:
        return None
    return notice(
        f"In its last load {last.bound.held_back}. Nothing is lost: what lies above the bound is read "
        "with every load until that transaction ends."
    )


def _facts(view: TablePage) -> Html:
    spec, turn, mark = view.spec, view.turn, view.watermark
    asked = turn.requested - turn.served
    return facts(
        ("Why", view.stand.why),
        ("Watermark", h.code(mark.position) if mark else "none yet"),
        ("Lag", span(view.lag) if view.lag is not None else None),
        ("Watermark moved", ago(mark.moved_at, view.now) if mark else None),
        ("Cursor", _cursor(view)),
        ("Key", ", ".join(spec.key) or "none"),
        ("Schedule", h.code(spec.schedule) if spec.schedule else "on request and by events"),
        ("Lands in", h.code(spec.target)),
        ("Being loaded by", _run_link(turn.holder) if turn.holder else None),
        ("Waiting requests", count(asked) if asked > 0 else None),
        ("Published runs", count(turn.published_run_no)),
        ("Rules", ", ".join(rule.name for rule in spec.quality)),
    )


def _cursor(view: TablePage) -> Node:
    cursor = view.spec.cursor
    return f"{cursor.column or ''} ({cursor.kind})".strip() if cursor.kind != "none" else "none"


def _run_link(run_id: str) -> Html:
    return h.a(short_run(run_id), href=run_path(run_id), class_="id")


def _charts(newest_first: Sequence[RunRecord]) -> Node:
    ended = [run for run in reversed(newest_first) if run.ended_at]
    if not ended:
        return None
    durations = [seconds_between(run.started_at, run.ended_at) or 0.0 for run in ended]
    rows = [float(run.rows) for run in ended]
    return h.div(
        _chart("Duration", ended, durations, span),
        _chart("Rows", ended, rows, lambda value: f"{count(round(value))} rows"),
        class_="pair",
    )


def _chart(
    name: str, runs: Sequence[RunRecord], values: Sequence[float], write: Callable[[float], str]
) -> Html:
    bars = [
        Bar(value=value, tone="bad" if run.state == "failed" else "good")
        for run, value in zip(runs, values, strict=True)
    ]
    said = say_bars(bars, name, write)
    return panel(name, column_chart(bars, said, write), h.p(f"{said}. The newest is at the right."))


def _watermarks(view: TablePage, frame: Frame) -> Html:
    api = f"/api{table_path(view.spec.name).removeprefix('/api/page')}/watermarks"
    rows = [_mark(view, each, frame, current=at == 0) for at, each in enumerate(view.watermarks)]
    return panel(
        "Watermarks",
        grid("Watermarks that this table has had", _MARKS, rows, "It has had none yet."),
        notice(
            f"These are the newest {plural(len(view.watermarks), 'watermark')}; the API lists all, at ",
            h.code(api),
            ".",
        )
        if view.more_watermarks
        else None,
    )


def _mark(view: TablePage, mark: Watermark, frame: Frame, *, current: bool) -> list[Node]:
    return [
        str(mark.version),
        h.code(mark.position),
        clock(mark.moved_at),
        _run_link(mark.run_id) if mark.run_id else mark.by,
        dash(mark.reason or mark.how),
        "as it stands" if current else _way_back(view, mark, frame),
    ]


def _way_back(view: TablePage, mark: Watermark, frame: Frame) -> Html | None:
    if "rollback" not in frame.may:
        return None
    back = form_path("rollback", table=view.spec.name, version=str(mark.version))
    return h.a("Roll back", h.span(f" to version {mark.version}", class_="unseen"), href=back)
