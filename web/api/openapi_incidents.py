"""The operation of incidents, and the schemas of what it answers."""

from __future__ import annotations

from web.api.openapi_operation import PAGES, Operation, query_of
from web.api.openapi_shapes import (
    COUNT,
    MOMENT,
    TEXT,
    Schema,
    answered,
    many,
    named,
    or_null,
    ref,
)
from web.api.queries import INCIDENT_KINDS, INCIDENT_STATES

_NEXT = or_null({**TEXT, "description": "Address of the next page, null on the last one."})
INCIDENTS: tuple[Operation, ...] = (
    Operation(
        name="get_incidents",
        method="get",
        path="/api/incidents",
        tag="App",
        summary="List what is wrong, and what was lately: open incidents first, each part newest first",
        about="The last 200 that are resolved are kept.",
        answers={200: "Incidents"},
        problems=(400,),
        parameters=(
            query_of("state", {"enum": list(INCIDENT_STATES)}, "Only those in this state."),
            query_of("kind", {"enum": list(INCIDENT_KINDS)}, "Only those of this kind."),
            query_of("table", {"type": "string", "minLength": 1}, "Only those of this table."),
            *PAGES,
        ),
    ),
)


def incident_answers() -> dict[str, Schema]:
    """Give the schema of every answer of incidents, by name."""
    return {
        "Incident": answered(
            "One thing that is wrong, or was: `count` reports of it, the last one at `last_at`. "
            "`told_at` is when it went into a message last, null if nobody was told.",
            id=TEXT,
            state={"enum": list(INCIDENT_STATES)},
            kind={"enum": list(INCIDENT_KINDS)},
            work={"enum": ["load", "backfill", "reconcile", "refresh"]},
            table=or_null(TEXT),
            refresh=or_null(COUNT),
            error=or_null(ref("Failure")),
            text=TEXT,
            count={"type": "integer", "minimum": 1},
            opened_at=MOMENT,
            last_at=MOMENT,
            told_at=or_null(MOMENT),
            resolved_at=or_null(MOMENT),
            order_id=or_null(TEXT),
            run_id=or_null(TEXT),
            rows=or_null(COUNT),
            lag_seconds=or_null(COUNT),
            links={**named(TEXT), "description": "Addresses of what belongs to it."},
        ),
        "Incidents": answered(
            "Incidents, open ones first.", incidents=many(ref("Incident")), next=_NEXT
        ),
    }
