"""Dead letters: what the API answers of them, and how they look to people."""

from __future__ import annotations

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from cli.answers import Failure
from cli.formats import clean, format_count, format_time
from cli.layout import list_facts, list_failures, make_grid


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be taken up; `order_id` where a replay made an order."""

    id: str
    kind: str
    name: str
    error: Failure
    body: str
    cut: bool = False
    state: str
    first_at: str
    last_at: str
    times: int
    replays: int = 0
    replayed_at: str | None = None
    order_id: str | None = None


class Letters(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters, newest first."""

    letters: tuple[Letter, ...]


def render_letter(letter: Letter) -> RenderableType:
    """Write a letter with its error and what was sent."""
    head = list_facts(
        ("Letter", letter.id),
        ("State", _standing(letter)),
        ("What", f"{letter.kind} {letter.name}"),
        ("Times", format_count(letter.times)),
        ("First (UTC)", format_time(letter.first_at)),
        ("Last (UTC)", format_time(letter.last_at)),
        ("Replayed (UTC)", format_time(letter.replayed_at) if letter.replayed_at else None),
        ("Order", letter.order_id),
    )
    ended = " …" if letter.cut else ""
    return Group(head, *list_failures([(letter.kind, letter.error)]), clean(letter.body) + ended)


def render_letters(found: Letters) -> RenderableType:
    """Write every letter in one line."""
    if not found.letters:
        return Text("There are no dead letters.")
    grid = make_grid("Letter", "State", "Last (UTC)", ">Died", "What", "Error")
    for letter in found.letters:
        grid.add_row(
            clean(letter.id),
            _standing(letter),
            format_time(letter.last_at),
            format_count(letter.times),
            clean(f"{letter.kind} {letter.name}"),
            clean(f"{letter.error.type}: {letter.error.message}"),
        )
    return grid


def _standing(letter: Letter) -> Text:
    style = "bold red" if letter.state == "dead" else "green"
    return Text(clean(letter.state), style=style)
