"""What each route of dead letters does, apart from HTTP and from starting orchestrations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from shared.operations.dead_letters import DeadLetter, LetterKind, LetterQuery, LetterUnknown
from shared.operations.ordering import Start
from shared.runtime.wiring import App
from web.api import bodies, queries
from web.api.blob_events import take_up_any, take_up_file
from web.api.exchange import Answer, Request

# What a letter keeps for itself.
KEPT = ("replaying_since",)
# How each kind of thing is taken up again: gives what is to be started, or raises what it died of.
TAKE_UP: Mapping[LetterKind, Callable[[App, DeadLetter], Start | None]] = {
    "event": take_up_any,
    "file": take_up_file,
}


def get_letters(app: App, request: Request) -> Answer:
    """List what could not be taken up, newest first."""
    query = queries.read_letters_query(request.params)
    found = app.letters.log.letters(
        LetterQuery(kind=query.kind, state=query.state, most=query.limit, page=query.page)
    )
    letters = [_view(letter, request) for letter in found.items]
    return Answer(body={"letters": letters, "next": request.following(found.next)})


def get_letter(app: App, request: Request) -> Answer:
    """Show one dead letter."""
    letter = app.letters.log.letter(request.path["id"])
    if letter is None:
        raise LetterUnknown(f"there is no dead letter {request.path['id']}")
    return Answer(body=_view(letter, request))


def post_replay(app: App, request: Request) -> Answer:
    """Take a dead letter up again; one that was replayed and has not died since stays as it is."""
    bodies.read_object(request.body)
    done = app.letters.replay(request.path["id"], lambda letter: TAKE_UP[letter.kind](app, letter))
    order_id = done.start.order.order_id if done.start else None
    links = _links(done.letter, request)
    if order_id is not None:
        links["order"] = f"{request.base}/api/orders/{order_id}"
    body = {**_view(done.letter, request), "order_id": order_id, "links": links}
    return Answer(body=body, start=done.start)


def _view(letter: DeadLetter, request: Request) -> dict[str, Any]:
    view: dict[str, Any] = msgspec.to_builtins(letter)
    shown = {name: value for name, value in view.items() if name not in KEPT}
    return {**shown, "links": _links(letter, request)}


def _links(letter: DeadLetter, request: Request) -> dict[str, str]:
    here = f"{request.base}/api/deadletters/{letter.id}"
    return {"self": here, "replay": f"{here}/replay"}
