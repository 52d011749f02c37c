"""How the pages look that are about the page itself: signing in, problems, what answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web.api.problems import Problem
from web.page import markup as h
from web.page.frame import Frame, render_page
from web.page.glyphs import state_badge
from web.page.markup import Node
from web.page.pieces import Column, grid, heading
from web.page.wording import BELOW, HOME

SIGN_IN = f"{BELOW}/sign-in"
_CHECKS = (Column(name="What"), Column(name="Answers"), Column(name="What it says"))


def render_sign_in(frame: Frame, *, leads_to: str, tries: bool) -> str:
    """Write the page that asks for a function key. With `tries` it looks first whether the host asks for one."""
    content = h.div(
        h.h1("Sign in"),
        h.p(
            "The operations page asks for a function key of the app, which the host checks. "
            "It is sent once, as a header, and kept nowhere; you stay signed in for eight hours.",
            class_="lead",
        ),
        h.form(
            h.div(
                h.label("Function key", for_="key"),
                h.input_(type="password", id="key", autocomplete="off", spellcheck="false"),
                h.p(
                    "A host that asks for none, as on your own machine, takes none.", class_="hint"
                ),
                class_="field",
            ),
            h.div(h.button("Sign in", class_="act main"), class_="acts"),
            h.p("", id="said", role="status", class_="hint"),
            id="sign-in",
            method="post",
            action=f"{BELOW}/session",
            data_next=leads_to,
            data_asks=f"{BELOW}/signed-in",
            data_tries="yes" if tries else "no",
        ),
        class_="card",
    )
    return render_page("Sign in", content, frame, script="sign-in.js")


def render_problem(problem: Problem, frame: Frame) -> str:
    """Write the page of something that cannot be shown."""
    said = [h.li(h.strong(each.field), f" {each.message}") for each in problem.errors]
    content = h.div(
        h.p(f"{int(problem.status)} {problem.status.phrase}", class_="above"),
        h.h1("This cannot be shown"),
        h.p(problem.detail, class_="lead"),
        h.ul(said) if said else None,
        h.p(problem.remedy, class_="remedy") if problem.remedy else None,
        h.p(h.a("Runbook", href=problem.runbook)) if problem.runbook else None,
        h.p(h.a("All tables", href=HOME), class_="acts"),
        class_="card",
    )
    return render_page(problem.status.phrase, content, frame)


def render_health(body: Mapping[str, Any], frame: Frame) -> str:
    """Write what every dependency answers, from the API's own answer."""
    rows = [
        [name, state_badge("succeeded" if up else "failed", None), _said(check)]
        for name, check in sorted(body["checks"].items())
        for up in [check["status"] == "up"]
    ]
    content = [
        heading("Health", state_badge("succeeded" if body["status"] == "up" else "failed")),
        grid("What is needed, and whether it answers", _CHECKS, rows, "Nothing is needed."),
    ]
    return render_page("Health", content, frame)


def _said(check: Mapping[str, Any]) -> Node:
    if "count" in check:
        return f"{check['count']} tables"
    return str(check.get("error") or check.get("note") or "")
