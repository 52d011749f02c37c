"""The trends as one static page: a table of numbers for each rule, and a small chart beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from lakehouse.reports.trend import Point, RuleTrend

# So many hand-overs are drawn and listed; the JSON has them all.
SHOWN = 30
_WIDTH, _HEIGHT = 240, 48
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ccc}"
    "td.n,th.n{text-align:right}h2{margin-top:2.5rem}svg{max-width:100%;height:3rem}"
    "svg rect{fill:#b03a2e}svg line{stroke:#888}summary{cursor:pointer}.facts{color:#555}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}.facts{color:#aaa}"
    "th,td{border-color:#444}svg rect{fill:#f1948a}}"
)


def quality_page(trends: Sequence[RuleTrend]) -> str:
    """Write the page, by table and rule. It needs no script."""
    return "\n".join(_page(trends)) + "\n"


def _page(trends: Sequence[RuleTrend]) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Quality of rows</title><style>{_STYLE}</style></head><body><main>"
    yield "<h1>Quality of rows</h1>"
    if not trends:
        yield "<p>No rule was judged so far.</p>"
    for table, rules in groupby(trends, key=lambda trend: trend.table):
        yield f"<h2>{escape(table)}</h2>"
        for rule in rules:
            yield from _rule(rule)
    yield "</main></body></html>"


def _rule(trend: RuleTrend) -> Iterator[str]:
    yield f"<h3>{escape(trend.rule)}</h3>"
    yield f'<p class="facts">{escape(trend.severity)}; {trend.waiting:,} rows wait in quarantine, '
    yield f"{trend.released:,} were released</p>"
    points = trend.points[-SHOWN:]
    if not points:
        return
    yield _chart(trend.rule, points)
    yield "<details><summary>Numbers by hand-over</summary><table><thead><tr>"
    yield '<th scope="col">Hand-over</th><th scope="col" class="n">Judged</th>'
    yield '<th scope="col" class="n">Broken</th><th scope="col" class="n">Share</th></tr></thead>'
    for point in points:
        yield f'<tr><th scope="row">{point.handover}</th><td class="n">{point.checked:,}</td>'
        yield f'<td class="n">{point.failed:,}</td><td class="n">{share(point)}</td></tr>'
    yield "</table></details>"


def _chart(rule: str, points: Sequence[Point]) -> str:
    """Draw a bar for each hand-over, as high as its share of the greatest; what is 0 has none."""
    greatest = max(point.share for point in points)
    step = _WIDTH / len(points)
    bars = "".join(
        f'<rect x="{at * step:.1f}" y="{_HEIGHT - height:.1f}" width="{max(step - 2, 1):.1f}" '
        f'height="{height:.1f}"><title>hand-over {point.handover}: {share(point)}</title></rect>'
        for at, point in enumerate(points)
        if (height := _HEIGHT * point.share / greatest if greatest else 0)
    )
    told = (
        f"Share of rows that broke {rule}, hand-overs {points[0].handover} to "
        f"{points[-1].handover}: last {share(points[-1])}, greatest {greatest:.2%}"
    )
    return (
        f'<svg role="img" aria-label="{escape(told)}" viewBox="0 0 {_WIDTH} {_HEIGHT + 1}">'
        f'{bars}<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/></svg>'
    )


def share(point: Point) -> str:
    """Give a share in percent. A few among many are not told as none."""
    return "below 0.01%" if 0 < point.share < 0.0001 else f"{point.share:.2%}"  # noqa: PLR2004 - the last digit shown
