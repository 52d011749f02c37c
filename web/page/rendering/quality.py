"""How the page of quarantine and quality looks."""

from __future__ import annotations

from collections.abc import Sequence

from shared.operations.records import RunRecord
from web.page import markup as h
from web.page.charts import Bar, sparkline
from web.page.frame import Frame, render_page
from web.page.markup import Html, Node
from web.page.pieces import Column, act, acts, grid, heading, notice, panel
from web.page.rendering.run_list import run_list
from web.page.views.quality import QualityPage, RuleTrend
from web.page.wording import ago, count, plural, run_path, table_link

_RULES = (
    Column(name="Table"),
    Column(name="Rule"),
    Column(name="Severity"),
    Column(name="Newest breach", number=True),
    Column(name="Share", number=True),
    Column(name="When"),
    Column(name="Runs that broke it"),
)


def render(view: QualityPage, frame: Frame) -> str:
    """Write the page."""
    content = [
        heading("Quarantine and quality", acts(act(frame, "Release rows", "release"))),
        _documents(view),
        panel(
            "Rules that were broken",
            grid(
                "Rules and the runs that broke them",
                _RULES,
                [_rule(each, view) for each in view.rules],
                "No rule was broken by the runs that were looked through.",
            ),
        ),
        _runs("Runs in quarantine", view.set_aside, view, "No run was set aside."),
        _runs("Kept back by a rule", view.stopped, view, "No rule kept a load back."),
        _runs("Noticed", view.noticed, view, "Nothing was noticed."),
        _left_out(view),
    ]
    return render_page("Quality", content, frame, place="quality")


def _runs(name: str, runs: Sequence[RunRecord], view: QualityPage, empty: str) -> Html:
    return panel(name, run_list(name, runs, view.now, empty))


def _rule(each: RuleTrend, view: QualityPage) -> list[Node]:
    newest = each.breaches[-1]
    bars = [Bar(value=100 * b.rows / max(1, b.of), tone="bad") for b in each.breaches]
    most = max(bar.value for bar in bars)
    words = f"Shares of rows in {plural(len(bars), 'run')} that broke it, at most {most:.2f} %"
    return [
        table_link(each.table),
        h.code(each.rule),
        each.severity,
        f"{count(newest.rows)} of {count(newest.of)}",
        f"{100 * newest.rows / max(1, newest.of):.2f} %",
        h.a(ago(newest.at, view.now), href=run_path(newest.run_id)),
        sparkline(bars, words),
    ]


def _documents(view: QualityPage) -> Html:
    docs = (
        h.a("Data docs of Great Expectations", href=view.data_docs)
        if view.data_docs
        else [
            "Where data docs of Great Expectations are served, set ",
            h.code("TIDEMARK_DATA_DOCS_URL"),
            ", and they are linked here",
        ]
    )
    return h.p(
        docs,
        ". The trend over hand-overs is in the lake: ",
        h.code("tidemark-lakehouse quality --lake ROOT"),
        " shows it. Rows that were set aside lie in the filesystem ",
        h.code("quarantine"),
        ".",
    )


def _left_out(view: QualityPage) -> Node:
    said = [f"Of the newest {plural(view.runs_seen, 'run')}."]
    if view.runs_left:
        said.append("Older ones are not looked through here.")
    if view.left_out:
        said.append(f"{plural(view.left_out, 'run')} more are not listed.")
    return notice(" ".join(said))
