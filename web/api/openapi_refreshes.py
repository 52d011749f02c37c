"""The operations of refreshes, and the schemas of what they answer."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.lakehouse.records import RefreshRecord
from shared.lakehouse.releases import Release
from shared.loading.published import PublishedRun
from web.api.openapi_operation import PAGES, Operation, Parameter, segment_of
from web.api.openapi_shapes import (
    COUNT,
    PLACE,
    TEXT,
    Schema,
    answered,
    many,
    named,
    or_null,
    ref,
)
from web.api.refreshes import KEPT

_REFRESH = segment_of("number", "Number of a refresh.")
_LINKS: Schema = {**named(TEXT), "description": "Addresses of what belongs to it."}
_ABOUT = (
    "One hand-over and the job run that carries it out. `tables` and `runs` count what is new with "
    "it, `releases` what it lets through, `attempt` counts starts of the job, `tasks` are those of its job run."
)
_ONCE: Parameter = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[ -~]*$"},
    "description": "Any text of your own: sent again with it, a release is not written down twice.",
}
REFRESHES: tuple[Operation, ...] = (
    Operation(
        name="post_refreshes",
        method="post",
        path="/api/refreshes",
        tag="Lakehouse",
        summary="Hand what was published to the lakehouse",
        about=(
            "A refresh that failed or was cancelled is taken up again. 200 if there is nothing new. "
            "What is released waits for the hand-over after one that is under way."
        ),
        answers={200: "RefreshAccepted", 202: "RefreshAccepted"},
        problems=(400, 409, 422),
        parameters=(_ONCE,),
        body="RefreshRequest",
        body_needed=False,
    ),
    Operation(
        name="get_refreshes",
        method="get",
        path="/api/refreshes",
        tag="Lakehouse",
        summary="List refreshes, newest first",
        answers={200: "Refreshes"},
        problems=(400,),
        parameters=PAGES,
    ),
    Operation(
        name="get_refresh",
        method="get",
        path="/api/refreshes/{number}",
        tag="Lakehouse",
        summary="Show one refresh with the runs that it hands over, and what it releases",
        answers={200: "WholeRefresh"},
        problems=(404, 422),
        parameters=(_REFRESH,),
    ),
    Operation(
        name="delete_refresh",
        method="delete",
        path="/api/refreshes/{number}",
        tag="Lakehouse",
        summary="Cancel a refresh",
        about="Its job run is cancelled; the next refresh takes the same hand-over up again.",
        answers={202: "WholeRefresh"},
        problems=(404, 409, 422),
        parameters=(_REFRESH,),
    ),
)
_NEXT = or_null({**TEXT, "description": "Address of the next page, null on the last one."})


def refresh_answers() -> dict[str, Schema]:
    """Give the schema of every answer of refreshes, and of what they are made of, by name."""
    kinds = [RefreshRecord, PublishedRun, Release]
    _, found = msgspec.json.schema_components(kinds, ref_template=PLACE)
    record: dict[str, Any] = found.pop("RefreshRecord")
    fields = {name: _plain(field) for name, field in record["properties"].items()}
    fields = {name: field for name, field in fields.items() if name not in KEPT}
    handed = answered(
        "One table of a hand-over: how far it is with it, and the runs that are new.",
        table=TEXT,
        until=COUNT,
        runs=many(ref("PublishedRun")),
    )
    return {
        **{name: _whole(found[name]) for name in ("PublishedRun", "Release", "TaskState")},
        "Refresh": answered(_ABOUT, **fields, links=_LINKS),
        "WholeRefresh": answered(
            _ABOUT,
            **fields,
            links=_LINKS,
            handed_over=many(handed),
            released=many(ref("Release")),
        ),
        "Refreshes": answered(
            "Refreshes, newest first.", refreshes=many(ref("Refresh")), next=_NEXT
        ),
        "RefreshAccepted": answered(
            "The refresh that is on its way; without a number there was nothing to hand over. "
            "`releases_waiting` counts what of this request the hand-over after it will let through.",
            number=or_null(COUNT),
            state={"enum": ["queued", "running", "nothing_new"]},
            attempt=or_null(COUNT),
            releases_waiting=COUNT,
            links=_LINKS,
        ),
    }


def _whole(shape: Schema) -> Schema:
    properties = {name: _plain(field) for name, field in shape["properties"].items()}
    return {**shape, "properties": properties, "required": list(properties)}


def _plain(field: Schema) -> Schema:
    return {key: value for key, value in field.items() if key != "default"}
