"""How the pages of events and dead letters look."""

from __future__ import annotations

from shared.operations.dead_letters import DeadLetter
from web.api.queries import LETTER_KINDS, LETTER_STATES
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
from web.page.views.events import EventsPage, LetterPage, Waiting
from web.page.wording import (
    BELOW,
    ago,
    clock,
    count,
    letter_path,
    order_path,
    run_path,
    short_run,
    table_link,
)

_LETTERS = (
    Column(name="Letter"),
    Column(name="Kind"),
    Column(name="State"),
    Column(name="Died of"),
    Column(name="Last"),
    Column(name="Times", number=True),
    Column(name="Replays", number=True),
)
_WAITING = (
    Column(name="Table"),
    Column(name="Asked for", number=True),
    Column(name="Order on its way"),
    Column(name="Being loaded by"),
)


def render(view: EventsPage, frame: Frame) -> str:
    """Write the page of events."""
    waiting = panel(
        "Asked for and not served yet",
        grid(
            "Tables that are asked for or being loaded",
            _WAITING,
            [_waiting(each) for each in view.waiting],
            "Nothing waits.",
        ),
        notice("More tables wait than are shown.") if view.more_waiting else None,
    )
    content = [heading("Events"), _letters(view), waiting]
    return render_page("Events", content, frame, place="events")


def _letters(view: EventsPage) -> Html:
    query = view.query
    params = {"kind": query.kind or "", "state": query.state or ""}
    kinds = [("", "Any kind"), *((each, each.capitalize()) for each in LETTER_KINDS)]
    states = [("", "Any state"), *((each, each.capitalize()) for each in LETTER_STATES)]
    return panel(
        "Dead letters",
        h.form(
            chosen("kind", "Kind", kinds, params["kind"]),
            chosen("state", "State", states, params["state"]),
            h.button("Show", class_="plain"),
            method="get",
            action=f"{BELOW}/events",
            class_="filter",
        ),
        grid(
            "Dead letters, the newest first",
            _LETTERS,
            [_letter(each, view) for each in view.letters],
            "There is none like this: everything that came was taken up.",
        ),
        pager(f"{BELOW}/events", params, view.next, first=query.page is None),
    )


def _letter(letter: DeadLetter, view: EventsPage) -> list[Node]:
    return [
        h.a(letter.name, href=letter_path(letter.id), class_="name"),
        letter.kind,
        state_badge(letter.state),
        h.span(h.strong(letter.error.type), f" {letter.error.message}", class_="line"),
        ago(letter.last_at, view.now),
        count(letter.times),
        count(letter.replays),
    ]


def _waiting(each: Waiting) -> list[Node]:
    turn = each.turn
    holder, order = turn.holder, turn.waiting
    return [
        table_link(each.table),
        count(turn.requested - turn.served),
        h.a(order, href=order_path(order), class_="id") if order else "",
        h.a(short_run(holder), href=run_path(holder), class_="id") if holder else "",
    ]


def render_letter(view: LetterPage, frame: Frame) -> str:
    """Write the page of one dead letter."""
    letter = view.letter
    replay = act(frame, "Replay", "replay", id=letter.id, main=True)
    content = [
        heading(
            letter.name,
            state_badge(letter.state),
            acts(replay if letter.state == "dead" else None),
            above=f"Dead letter, {letter.kind}",
        ),
        failure(letter.error, view.runbook) if letter.state != "replayed" else None,
        facts(
            ("Id", h.code(letter.id)),
            ("First", clock(letter.first_at)),
            ("Last", clock(letter.last_at)),
            ("Died", count(letter.times)),
            ("Replayed", count(letter.replays)),
            ("Replayed at", clock(letter.replayed_at) if letter.replayed_at else None),
        ),
        panel(
            "What was sent",
            h.pre(dash(letter.body), tabindex="0"),
            notice("It was too long to be kept whole.") if letter.cut else None,
        ),
    ]
    return render_page("Dead letter", content, frame, place="events")
