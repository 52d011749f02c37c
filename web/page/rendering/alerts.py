"""How the page of alerts looks."""

from __future__ import annotations

from collections.abc import Sequence

from shared.alerting.incident import Incident
from web.page import markup as h
from web.page.frame import Frame, render_page
from web.page.glyphs import state_badge
from web.page.markup import Html, Node
from web.page.pieces import Column, grid, heading, notice, panel
from web.page.views.alerts import AlertsPage
from web.page.wording import ago, count, order_path, plural, refresh_path, run_path, table_link

_INCIDENTS = (
    Column(name="What"),
    Column(name="State"),
    Column(name="Kind"),
    Column(name="Said"),
    Column(name="Since"),
    Column(name="Reports", number=True),
    Column(name="Where to look"),
)
_CHANNELS = (Column(name="Channel"), Column(name="How it does"), Column(name="What it says"))


def render(view: AlertsPage, frame: Frame) -> str:
    """Write the page."""
    content = [
        heading("Alerts"),
        panel("Open", _incidents("Incidents that are open", view.open, view, "Nothing is wrong.")),
        panel(
            "Resolved lately",
            _incidents("Incidents that are over", view.resolved, view, "Nothing was wrong lately."),
            notice(f"{plural(view.more_resolved, 'incident')} more are not shown.")
            if view.more_resolved
            else None,
        ),
        _channels(view),
    ]
    return render_page("Alerts", content, frame, place="alerts")


def _incidents(name: str, found: Sequence[Incident], view: AlertsPage, empty: str) -> Html:
    return grid(name, _INCIDENTS, [_incident(each, view) for each in found], empty)


def _incident(each: Incident, view: AlertsPage) -> list[Node]:
    last = each.last
    name = last.kind.replace("_", " ")
    return [
        table_link(last.subject),
        state_badge("resolved" if each.resolved_at else "open"),
        h.a(name, href=f"{view.runbook}#{last.kind}") if view.runbook else name,
        h.span(f"{last.subject} {last.text}" if last.text else last.what, class_="line"),
        ago(each.opened_at, view.now),
        count(each.count),
        _place(each),
    ]


def _place(each: Incident) -> Node:
    last = each.last
    if last.run_id:
        return h.a("run", href=run_path(last.run_id))
    if last.order_id:
        return h.a("order", href=order_path(last.order_id))
    return h.a("refresh", href=refresh_path(last.refresh)) if last.refresh else ""


def _channels(view: AlertsPage) -> Html:
    errors = {each.name: each.error for each in view.channels}
    rows: list[list[Node]] = [
        [
            name,
            state_badge("failed" if errors.get(name) else "succeeded"),
            str(errors.get(name) or ""),
        ]
        for name in view.known
    ]
    return panel(
        "Channels",
        grid(
            "Channels that alerts leave by", _CHANNELS, rows, "No channel is set: nobody is told."
        ),
        notice(f"{plural(view.waiting, 'message')} wait to be taken.") if view.waiting else None,
    )
