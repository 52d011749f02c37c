"""How the pages of refreshes look."""

from __future__ import annotations

from shared.lakehouse.handover import HandedTable
from shared.lakehouse.records import UNDER_WAY, RefreshRecord
from shared.lakehouse.workspace import TaskState
from web.page import markup as h
from web.page.frame import Frame, render_page
from web.page.glyphs import state_badge
from web.page.markup import Html, Node
from web.page.pieces import (
    Column,
    act,
    acts,
    facts,
    failure,
    grid,
    heading,
    notice,
    pager,
    panel,
)
from web.page.views.refreshes import RefreshesPage, RefreshPage
from web.page.wording import (
    BELOW,
    ago,
    clock,
    count,
    plural,
    refresh_path,
    seconds_between,
    span,
    table_link,
)

_REFRESHES = (
    Column(name="Refresh"),
    Column(name="State"),
    Column(name="Tables", number=True),
    Column(name="Runs", number=True),
    Column(name="Releases", number=True),
    Column(name="Handed over"),
    Column(name="Took", number=True),
    Column(name="Job run"),
    Column(name="Error"),
)
_TASKS = (Column(name="Task"), Column(name="State"), Column(name="What it said"))
_TABLES = (
    Column(name="Table"),
    Column(name="Runs", number=True),
    Column(name="Up to run", number=True),
)


def render_list(view: RefreshesPage, frame: Frame) -> str:
    """Write the page of all refreshes."""
    content = [
        heading("Refreshes", acts(act(frame, "Refresh the lakehouse", "refresh", main=True))),
        None
        if view.has_job
        else notice(
            "No job of the lakehouse is set (",
            h.code("TIDEMARK_LAKEHOUSE_JOB"),
            "): nothing is handed over.",
        ),
        grid(
            "Refreshes, the newest first",
            _REFRESHES,
            [_refresh(each, view) for each in view.refreshes],
            "Nothing was handed over yet.",
        ),
        pager(f"{BELOW}/refreshes", {}, view.next, first=view.first),
    ]
    return render_page("Refreshes", content, frame, place="refreshes")


def _refresh(record: RefreshRecord, view: RefreshesPage) -> list[Node]:
    error = record.error
    return [
        h.a(str(record.number), href=refresh_path(record.number), class_="id"),
        state_badge(record.state),
        count(record.tables),
        count(record.runs),
        count(record.releases) if record.releases else "",
        ago(record.created_at, view.now),
        span(seconds_between(record.started_at, record.ended_at)),
        _job_run(record),
        h.span(h.strong(error.type), f" {error.message}", class_="line") if error else "",
    ]


def _job_run(record: RefreshRecord) -> Node:
    if record.run_page:
        return h.a(str(record.job_run_id or "open"), href=record.run_page)
    return str(record.job_run_id) if record.job_run_id else ""


def render(view: RefreshPage, frame: Frame) -> str:
    """Write the page of one refresh."""
    record = view.record
    content = [
        heading(
            f"Refresh {record.number}",
            state_badge(record.state),
            _actions(record, frame),
            above="Refresh",
        ),
        failure(record.error, view.runbook),
        facts(
            ("Job run", _job_run(record)),
            ("Attempt", str(record.attempt) if record.attempt > 1 else None),
            ("Handed over", clock(record.created_at)),
            ("Began", clock(record.started_at)),
            ("Ended", clock(record.ended_at)),
            ("Took", span(seconds_between(record.started_at, record.ended_at))),
            ("Hand-over", h.code(record.path)),
            ("Asked to end", "yes" if record.cancel_requested else None),
        ),
        panel(
            "Tasks of the job run",
            grid(
                "Tasks of the job run",
                _TASKS,
                [_task(each) for each in record.tasks],
                "The workspace has told of none yet.",
            ),
        ),
        _handed(view),
        _released(view),
    ]
    return render_page(f"Refresh {record.number}", content, frame, place="refreshes")


def _actions(record: RefreshRecord, frame: Frame) -> Html:
    if record.state in UNDER_WAY:
        return acts(act(frame, "Cancel", "cancel-refresh", number=str(record.number)))
    if record.state in ("failed", "cancelled"):
        return acts(act(frame, "Take it up again", "refresh", main=True))
    return acts()


def _task(task: TaskState) -> list[Node]:
    return [task.task, state_badge(task.state), task.message]


def _handed(view: RefreshPage) -> Html:
    return panel(
        "Handed over",
        grid(
            "Tables with something new",
            _TABLES,
            [_table(each) for each in view.tables],
            "No table has something new.",
        ),
        notice(f"{plural(view.more_tables, 'table')} more are not shown.")
        if view.more_tables
        else None,
    )


def _table(each: HandedTable) -> list[Node]:
    return [table_link(each.table), count(len(each.runs)), count(each.until)]


def _released(view: RefreshPage) -> Node:
    if not view.released:
        return None
    said = [
        h.li(table_link(each.table), " ", h.code(str(dict(each.key))) if each.key else "whole")
        for each in view.released
    ]
    return panel("Released from quarantine", h.ul(said))
