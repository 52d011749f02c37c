"""Events: what was asked for and waits, and dead letters, which could not be taken up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.loading.turn import Turn
from shared.operations.dead_letters import DeadLetter, LetterQuery
from shared.runtime.wiring import App
from web.api.problems import not_found
from web.api.queries import LettersQuery, read_letters_query

LISTED_LETTERS = 50
LISTED_WAITING = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A table that is asked for or being loaded, and its turn."""

    table: str
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsPage:
    """Letters, the newest first, and the tables that wait; `more_waiting` says that there are others."""

    now: datetime
    letters: tuple[DeadLetter, ...]
    query: LettersQuery
    next: str | None
    waiting: tuple[Waiting, ...]
    more_waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPage:
    """One dead letter."""

    now: datetime
    letter: DeadLetter
    runbook: str


def look_at_events(app: App, params: Mapping[str, str]) -> EventsPage:
    """List letters. Raises Problem where the query is bad."""
    query = read_letters_query({"limit": str(LISTED_LETTERS), **params})
    found = app.letters.log.letters(
        LetterQuery(kind=query.kind, state=query.state, most=query.limit, page=query.page)
    )
    names = list(islice(app.states.held(), LISTED_WAITING + 1))
    return EventsPage(
        now=app.now(),
        letters=found.items,
        query=query,
        next=found.next,
        waiting=tuple(
            Waiting(table=name, turn=app.states.turn(name)) for name in names[:LISTED_WAITING]
        ),
        more_waiting=len(names) > LISTED_WAITING,
    )


def look_at_letter(app: App, letter_id: str, runbook: str) -> LetterPage:
    """Look at one letter. Raises Problem if there is none."""
    letter = app.letters.log.letter(letter_id)
    if letter is None:
        raise not_found(f"there is no dead letter {letter_id}")
    return LetterPage(now=app.now(), letter=letter, runbook=runbook)
