"""How the page of a run looks, and that of all runs."""

from __future__ import annotations

from shared.landing.manifest import Manifest, ManifestReceipt
from shared.loading.order import FINAL
from shared.loading.proof import Proof, Proven
from shared.operations.records import RunRecord
from web.api.bodies import STATES
from web.page import markup as h
from web.page.frame import Frame, render_page
from web.page.glyphs import state_badge
from web.page.markup import Html, Node
from web.page.pieces import (
    Column,
    act,
    acts,
    chosen,
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
from web.page.views.run import MOST_FILES, MOST_SLICES, RunPage, RunsPage, StepTaken
from web.page.wording import (
    BELOW,
    ago,
    clock,
    count,
    order_path,
    plural,
    seconds_between,
    short_run,
    size,
    span,
    table_link,
)

_STEPS = (
    Column(name="Step"),
    Column(name="How it ended"),
    Column(name="Asked for"),
    Column(name="Took", number=True),
)
_WORDS = {
    "take_turn": "Take the table's turn",
    "plan_load": "Plan: bound, columns, slices",
    "extract_slice": "Read a slice",
    "extract_lane": "Read a lane of slices",
    "judge_quality": "Check receipts, judge quality",
    "claim_commit": "Claim the commit",
    "publish": "Publish to bronze",
    "advance_watermark": "Advance the watermark",
    "end_turn": "Give the turn back",
}
_FILES = (
    Column(name="File"),
    Column(name="Rows", number=True),
    Column(name="Size", number=True),
    Column(name="Cursor from"),
    Column(name="Cursor up to"),
)
_SLICES = (
    Column(name="Slice"),
    Column(name="Read", number=True),
    Column(name="Landed", number=True),
    Column(name="Landed before", number=True),
    Column(name="Read at"),
    Column(name="Proof"),
)
_LEVELS = {
    "copied": "what was read is what landed; the source could not vouch for it",
    "rows": "the source counted as many rows in the snapshot of the read",
    "values": "the source counted the same rows, and the values of each column add up alike",
    "hashes": "the source and the files have the same hash of every row",
}


def render(view: RunPage, frame: Frame) -> str:
    """Write the page of a run."""
    run = view.run
    content = [
        heading(
            h.span(short_run(run.run_id), class_="id"),
            state_badge(run.state, run.outcome),
            _actions(run, frame),
            above=["Run of ", table_link(run.table)],
        ),
        failure(run.error, view.runbook),
        _facts(view),
        _noticed(run),
        _proof(run.proof),
        _steps(view),
        _published(view),
    ]
    return render_page(f"Run of {run.table}", content, frame, place="runs")


def _actions(run: RunRecord, frame: Frame) -> Html:
    if run.state not in FINAL:
        return acts(act(frame, "Cancel", "cancel", id=run.run_id))
    if run.state in ("failed", "cancelled"):
        return acts(act(frame, "Rerun", "rerun", id=run.run_id, main=True))
    return acts(act(frame, "Load the table again", "load", table=run.table))


def _facts(view: RunPage) -> Html:
    run = view.run
    reason = view.order.order.reason if view.order else None
    return facts(
        ("Order", h.a(run.order_id, href=order_path(run.order_id), class_="id")),
        ("Asked for by", reason),
        ("Mode", run.mode),
        ("Attempt", str(run.attempt) if run.attempt > 1 else None),
        ("Began", clock(run.started_at)),
        ("Ended", clock(run.ended_at) if run.ended_at else ago(run.started_at, view.now)),
        ("Took", span(seconds_between(run.started_at, run.ended_at))),
        ("Rows", count(run.rows)),
        ("Files", f"{count(run.files)} of {size(run.bytes)}"),
        ("Watermark before", _code(run.watermark_before)),
        ("Watermark after", _code(run.watermark_after)),
        ("Bound", _bound(run)),
        ("Files not landed", count(run.unread) if run.unread else None),
    )


def _code(text: str | None) -> Html | None:
    return h.code(text) if text else None


def _bound(run: RunRecord) -> Node:
    words = {
        "exact": "proven: no row can become visible at or below it any more",
        "settled": "by a margin, as the database proves nothing",
        "none": "a whole copy needs none",
    }
    value = [h.code(run.bound.value), " "] if run.bound.value else []
    return [*value, h.span(f"{run.bound.how}, {words[run.bound.how]}", class_="of")]


def _noticed(run: RunRecord) -> Node:
    said: list[Node] = [*run.findings]
    if run.bound.held_back:
        said.append(run.bound.held_back)
    if run.repairs is not None:
        r = run.repairs
        rows = "" if r.compared is None else f", {count(r.compared)} rows"
        said.append(
            f"Compared with its source{rows}: {count(r.missing)} missing, {count(r.changed)} changed, "
            f"{count(r.deleted)} deleted, of which {count(r.rekeyed)} under another key."
        )
    return panel("What was noticed", h.ul([h.li(each) for each in said])) if said else None


def _proof(proof: Proven | None) -> Node:
    if proof is None:
        return None
    return panel(
        "Proof",
        h.p(
            h.strong(f"Level {proof.level}: "),
            f"{_LEVELS[proof.level]}. ",
            f"{plural(proof.rows, 'row')}, {plural(proof.columns, 'column')}.",
        ),
    )


def _steps(view: RunPage) -> Html:
    if view.steps is None:
        return panel("Steps", h.p("The host was not asked.", class_="empty"))
    more = f"{plural(view.more_steps, 'earlier step')} left out." if view.more_steps else None
    return panel(
        "Steps",
        grid(
            "Steps of the last attempt, as the host remembers them",
            _STEPS,
            [_step(step) for step in view.steps],
            "The host remembers none: the run has not begun, or its history was removed.",
        ),
        notice(more) if more else None,
    )


def _step(step: StepTaken) -> list[Node]:
    return [
        [_WORDS.get(step.name, step.name), h.span(f" {step.name}", class_="of")],
        state_badge(step.ended),
        clock(step.asked),
        span(seconds_between(step.asked, step.at)),
    ]


def _published(view: RunPage) -> Node:
    if view.why_not:
        return panel("Receipts and files", h.p(view.why_not, class_="empty"))
    found = view.manifest
    if found is None:
        return panel("Receipts and files", h.p("Nothing was published.", class_="empty"))
    return [_receipts(found), _files(found, view.run.folder or "")]


def _receipts(found: Manifest) -> Html:
    rows = [_receipt(each) for each in found.receipt[:MOST_SLICES]]
    left = len(found.receipt) - len(rows)
    return panel(
        "Receipts",
        grid("Receipts of the slices", _SLICES, rows, "There was nothing to read."),
        notice(f"{plural(left, 'slice')} more in the manifest.") if left else None,
    )


def _receipt(each: ManifestReceipt) -> list[Node]:
    return [
        str(each.slice),
        count(each.read),
        count(each.landed),
        count(each.unchanged),
        h.time(each.read_at.replace("T", " ")[:19]),
        _sums(each.proof),
    ]


def _sums(proof: Proof | None) -> Node:
    if proof is None:
        return dash(None)
    if not proof.columns:
        return f"{proof.level}: {plural(proof.rows, 'row')}"
    listed = [
        h.li(h.code(each.column), f" {plural(each.values, 'value')}, {each.measure} {each.sum}")
        for each in proof.columns
    ]
    head = f"{proof.level}: {plural(proof.rows, 'row')}, {plural(len(listed), 'column')}"
    return h.details(h.summary(head), h.ul(listed))


def _files(found: Manifest, folder: str) -> Html:
    rows: list[list[Node]] = [
        [
            h.code(each.name),
            count(each.rows),
            size(each.bytes),
            dash(each.cursor_min),
            dash(each.cursor_max),
        ]
        for each in found.files[:MOST_FILES]
    ]
    left = len(found.files) - len(rows)
    return panel(
        "Files",
        h.p("They lie in ", h.code(folder), "."),
        grid("Files of this run in the lake", _FILES, rows, "It has no files."),
        notice(f"{plural(left, 'file')} more in the manifest.") if left else None,
    )


def render_list(view: RunsPage, frame: Frame) -> str:
    """Write the page of all runs."""
    query = view.query
    tables = [("", "All tables"), *((each, each) for each in view.tables)]
    states = [("", "Any state"), *((each, each.capitalize()) for each in STATES)]
    params = {"table": query.table or "", "status": query.status or "", "since": query.since or ""}
    content = [
        heading("Runs"),
        h.form(
            chosen("table", "Table", tables, query.table or ""),
            chosen("status", "State", states, query.status or ""),
            h.button("Show", class_="plain"),
            method="get",
            action=f"{BELOW}/runs",
            class_="filter",
        ),
        run_list("Runs, the newest first", view.runs, view.now, "No run is like this."),
        notice("Without a time asked for, the list goes back to the month of 31 days ago.")
        if not query.since
        else None,
        pager(f"{BELOW}/runs", params, view.next, first=query.page is None),
    ]
    return render_page("Runs", content, frame, place="runs")
