"""`tidemark replay`: what could not be taken up, and taking it up again."""

from __future__ import annotations

from typing import Any

import click
from click.exceptions import Exit

from cli.answers import read
from cli.errors import FAILED, Refused
from cli.letters import Letter, Letters, render_letter, render_letters
from cli.options import takes_address
from cli.paging import gather
from cli.paths import LETTERS, letter_path, replay_path
from cli.session import Session, open_session

_KINDS = ["event", "file"]
_STATES = ["dead", "replaying", "replayed"]
_LISTED = 100


@click.command("replay")
@click.argument("letter_id", metavar="[ID]", required=False, help="Id of a dead letter.")
@click.option("--all", "every", is_flag=True, help="Take up all that are dead.")
@click.option("--show", is_flag=True, help="Show the letter of ID instead of taking it up.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only letters of this kind.")
@click.option("--state", type=click.Choice(_STATES), help="List only letters in this state.")
@click.option(
    "--limit", type=click.IntRange(min=1), help=f"List how many at most; {_LISTED} if left out."
)
@takes_address
def command(
    letter_id: str | None,
    kind: str | None,
    state: str | None,
    limit: int | None,
    *,
    every: bool,
    show: bool,
) -> None:
    """List what could not be taken up, and take it up again.

    Without ID or --all, dead letters are listed, the newest first. What dies again stays dead,
    with its new error, and the command ends with 1. A letter that was replayed stays as it is.
    """
    if letter_id is not None and (every or kind or state or limit):
        raise click.UsageError("give an ID, or options that select letters, not both")
    if every and (state or limit):
        raise click.UsageError("--all takes up every dead letter: leave --state and --limit out")
    if show and letter_id is None:
        raise click.UsageError("--show needs an ID")
    session = open_session()
    if letter_id is not None:
        ask = session.client.get(letter_path(letter_id)) if show else _replay(session, letter_id)
        session.output.show(ask, Letter, render_letter)
    elif every:
        _replay_all(session, kind)
    else:
        query = {name: text for name, text in (("kind", kind), ("state", state)) if text}
        found = gather(session.client, LETTERS, query, items="letters", most=limit or _LISTED)
        session.output.show(found, Letters, render_letters)


def _replay(session: Session, letter_id: str) -> Any:
    # Sent again if the answer is lost: it is taken up once all the same.
    return session.client.order(replay_path(letter_id), {})


def _replay_all(session: Session, kind: str | None) -> None:
    """Take up all that are dead, and show how each stands then."""
    query = {"state": "dead"} | ({"kind": kind} if kind else {})
    found = gather(session.client, LETTERS, query, items="letters")
    done: list[Any] = []
    failed = False
    for letter in read(found, Letters).letters:
        try:
            done.append(_replay(session, letter.id))
        except Refused as error:
            failed = True
            session.output.note(f"{letter.id}: {error.message}")
            done.append(session.client.get(letter_path(letter.id)))
    session.output.show({"letters": done}, Letters, render_letters)
    if failed:
        raise Exit(FAILED)
