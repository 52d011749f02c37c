"""The operations of dead letters, and the schemas of what they answer."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.operations.dead_letters import DeadLetter
from web.api.dead_letters import KEPT
from web.api.openapi_operation import PAGES, Operation, query_of, segment_of
from web.api.openapi_shapes import PLACE, TEXT, Schema, answered, many, named, or_null, ref
from web.api.queries import LETTER_KINDS, LETTER_STATES

_LETTER = segment_of("id", "Id of a dead letter.")
_LINKS: Schema = {**named(TEXT), "description": "Addresses of what belongs to it."}
_NEXT = or_null({**TEXT, "description": "Address of the next page, null on the last one."})
_ABOUT = (
    "What came in and could not be taken up: an event, or a version of a file. `times` counts how "
    "often it died. `body` is what was sent, without secrets and `cut` after 8,000 characters."
)
LETTERS: tuple[Operation, ...] = (
    Operation(
        name="get_letters",
        method="get",
        path="/api/deadletters",
        tag="Dead letters",
        summary="List what could not be taken up, newest first",
        answers={200: "DeadLetters"},
        problems=(400,),
        parameters=(
            query_of("kind", {"enum": list(LETTER_KINDS)}, "Only those of this kind."),
            query_of("state", {"enum": list(LETTER_STATES)}, "Only those in this state."),
            *PAGES,
        ),
    ),
    Operation(
        name="get_letter",
        method="get",
        path="/api/deadletters/{id}",
        tag="Dead letters",
        summary="Show one dead letter",
        answers={200: "DeadLetter"},
        problems=(404,),
        parameters=(_LETTER,),
    ),
    Operation(
        name="post_replay",
        method="post",
        path="/api/deadletters/{id}/replay",
        tag="Dead letters",
        summary="Take a dead letter up again",
        about=(
            "Once: one that was replayed and has not died since is answered as it is. 409 while "
            "another replays it, and where its body was cut; 422 if it died again."
        ),
        answers={200: "Replay"},
        problems=(400, 404, 409, 422),
        parameters=(_LETTER,),
        body="ReplayRequest",
        body_needed=False,
    ),
)


def letter_answers() -> dict[str, Schema]:
    """Give the schema of every answer of dead letters, by name."""
    _, found = msgspec.json.schema_components([DeadLetter], ref_template=PLACE)
    record: dict[str, Any] = found["DeadLetter"]
    fields = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in record["properties"].items()
        if name not in KEPT
    }
    return {
        "DeadLetter": answered(_ABOUT, **fields, links=_LINKS),
        "DeadLetters": answered(
            "Dead letters, newest first.", letters=many(ref("DeadLetter")), next=_NEXT
        ),
        "Replay": answered(
            "A dead letter after its replay. `order_id` is null where no order had to be made for it.",
            **fields,
            order_id=or_null(TEXT),
            links=_LINKS,
        ),
    }
