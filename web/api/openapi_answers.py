"""The schemas of what the API answers; those of records are made from the records' own types."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.loading.watermark import Watermark
from shared.operations.records import RunRecord
from web.api import bodies
from web.api.openapi_audit import audit_answers
from web.api.openapi_incidents import incident_answers
from web.api.openapi_letters import letter_answers
from web.api.openapi_refreshes import refresh_answers
from web.api.openapi_shapes import (
    COUNT,
    FLAG,
    MOMENT,
    PLACE,
    TEXT,
    Schema,
    answered,
    many,
    named,
    or_null,
    ref,
)

_STATE: Schema = {"enum": list(bodies.STATES)}
_MODE: Schema = {"enum": [*bodies.LOAD_MODES, "backfill", "reconcile"]}
_ERROR = or_null(ref("Failure"))
_LINKS: Schema = {**named(TEXT), "description": "Addresses of what belongs to it."}
_NEXT = or_null({**TEXT, "description": "Address of the next page, null on the last one."})
_HOW: Schema = {"enum": ["exact", "settled", "none"]}

_ABOUT = {
    "Bound": (
        "Where progress stops: `exact` where the database vouches for it, `settled` where a margin "
        "stands in, `none` without a cursor. Held back if a transaction is open since then: by whom, as "
        "far as the source shows it, and for how long by the source's clock."
    ),
    "Failure": "An error, and what to do about it.",
    "Repairs": (
        "What a reconciliation found: rows that the lake missed, had otherwise, or had in vain; pairs "
        "of these that are one row with another key; and how many rows were compared, on either side, null "
        "of runs from before they were counted."
    ),
    "Proven": (
        "How much of what a run read is proven to lie in its files: `copied` is what was read, the "
        "others what the source said that it gave: how many rows, what each column adds up to, the "
        "rows' hashes."
    ),
    "Run": "One table's run of one order. Rows, files and bytes are what was published.",
    "Watermark": "How far a table is loaded, in the source's exact text; `version` counts moves.",
}
_TABLE_OF_ORDER: Schema = {
    "type": "object",
    "description": "One table of an order; one without a run yet is queued and has no more to it.",
    "properties": {
        "table": TEXT,
        "state": _STATE,
        "run_id": TEXT,
        "outcome": or_null(TEXT),
        "rows": COUNT,
        "files": COUNT,
        "bytes": COUNT,
        "watermark_before": or_null(TEXT),
        "watermark_after": or_null(TEXT),
        "error": _ERROR,
        "repairs": or_null(ref("Repairs")),
        "link": TEXT,
    },
    "required": ["table", "state"],
}
_STANDING: dict[str, Schema] = {
    "order_id": TEXT,
    "state": _STATE,
    "attempt": {"type": "integer", "minimum": 1},
    "created_at": MOMENT,
    "started_at": or_null(MOMENT),
    "ended_at": or_null(MOMENT),
    "error": _ERROR,
    "cancel_requested": FLAG,
    "links": _LINKS,
}
_WRITTEN: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "Why a request was refused (RFC 9457); `errors` names every bad field, "
        "`remedy` what to do, `runbook` leads to more of it.",
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "remedy": TEXT,
            "runbook": TEXT,
            "errors": many(answered("One bad field.", field=TEXT, message=TEXT)),
        },
        "required": ["type", "title", "status", "detail"],
    },
    "Accepted": answered(
        "What was ordered.",
        order_id=TEXT,
        state={"const": "queued"},
        tables=many(TEXT),
        links=_LINKS,
    ),
    "Order": answered(
        "An order with all its tables; with a failed table it is `failed`.",
        **_STANDING,
        mode=_MODE,
        reason={"enum": ["request", "schedule", "event", "backfill"]},
        alert={"enum": ["none", "known", "sent", "failed"]},
        tables=many(_TABLE_OF_ORDER),
    ),
    "Orders": answered("Orders, newest first.", orders=many(ref("Order")), next=_NEXT),
    "Backfill": answered(
        "A backfill, window by window.",
        **_STANDING,
        table=TEXT,
        **{"from": or_null(TEXT), "to": or_null(TEXT)},
        progress=answered("Windows that are loaded, and all.", done=COUNT, total=COUNT),
        windows=many(ref("Window")),
    ),
    "Window": answered(
        "One window, `[from, to)`; a side that is open is null. With `nulls` it is the rows without a cursor value.",
        number=COUNT,
        **{"from": or_null(TEXT), "to": or_null(TEXT)},
        nulls=FLAG,
        state=_STATE,
        run_id=or_null(TEXT),
        error=_ERROR,
    ),
    "Runs": answered("Runs, newest first.", runs=many(ref("Run")), next=_NEXT),
    "Table": answered(
        "One table: how far it is, who loads it, how it went lately.",
        table=TEXT,
        source=TEXT,
        target=TEXT,
        key=many(TEXT),
        watermark_kind=TEXT,
        schedule=or_null(TEXT),
        state={"enum": ["never_loaded", *bodies.STATES]},
        watermark=or_null(ref("Watermark")),
        lag_seconds=or_null({"type": "number"}),
        freshness=or_null(
            answered(
                "How many seconds ago the last good load began, and may have; null without `fresh_within`.",
                within_seconds=COUNT,
                age_seconds=COUNT,
                late=FLAG,
            )
        ),
        held_back=or_null(
            answered(
                "What kept the last load from calling more of the table done.",
                since=TEXT,
                seconds=COUNT,
                by=or_null(TEXT),
            )
        ),
        loading=or_null({**TEXT, "description": "The run that has the table's turn."}),
        requested=COUNT,
        served=COUNT,
        runs=many(ref("Run")),
    ),
    "Tables": answered("Tables.", tables=many(ref("Table")), next=_NEXT),
    "Moved": answered(
        "A watermark as it was moved: by a load, by hand (`set`) or by a rollback.",
        version={"type": "integer", "minimum": 1},
        position=TEXT,
        how=TEXT,
        run_id=or_null(TEXT),
        moved_at=MOMENT,
        by={"enum": ["load", "set", "rollback"]},
        reason=or_null(TEXT),
    ),
    "Watermarks": answered(
        "A table's watermarks, newest first.",
        table=TEXT,
        watermarks=many(ref("Moved")),
        next=_NEXT,
    ),
    "Correction": answered(
        "A watermark that was moved by hand, and the one before.",
        table=TEXT,
        watermark=ref("Moved"),
        before=or_null(ref("Moved")),
        links=_LINKS,
    ),
    "Plan": answered(
        "What a load or a backfill would do. With `stops` the rest is as far as it was known.",
        table=TEXT,
        mode=_MODE,
        watermark_before=or_null(TEXT),
        bound=or_null(ref("Bound")),
        found=or_null(
            answered(
                "What was seen at the source, which the bound is made of.",
                clock=TEXT,
                max_cursor=or_null(TEXT),
                has_nulls=FLAG,
                oldest_open=or_null(TEXT),
                sessions_hidden=FLAG,
                holders=many(
                    answered(
                        "One of the oldest transactions that are open, and whose it is.",
                        session=TEXT,
                        since=TEXT,
                        user=or_null(TEXT),
                        application=or_null(TEXT),
                        client=or_null(TEXT),
                        state=or_null(TEXT),
                    )
                ),
            )
        ),
        columns=many(
            answered(
                "A column: its type at the source, the Arrow type that it lands as, and how it is masked.",
                name=TEXT,
                source_type=TEXT,
                lands=TEXT,
                nullable=FLAG,
                mask=TEXT,
            )
        ),
        drift=many(TEXT),
        stops=_ERROR,
        slices=many(ref("Slice")),
        estimated_rows=or_null(COUNT),
        planned_at=MOMENT,
    ),
    "Slice": answered(
        "One slice: above `after`, up to and including `upto`, values of the cursor or, `by_key`, "
        "of the first key column; and the query that reads it.",
        number=COUNT,
        after=or_null(TEXT),
        upto=or_null(TEXT),
        nulls=FLAG,
        by_key=FLAG,
        estimated_rows=or_null(COUNT),
        sql=TEXT,
        values=named(TEXT),
    ),
    "Health": answered(
        "Each dependency by name; `down` if one of them is. Channels of alerts that fail are "
        "`failing`. While `paused`, no order is begun.",
        status={"enum": ["up", "down"]},
        paused=FLAG,
        checks=named(
            {
                "type": "object",
                "properties": {
                    "status": {"enum": ["up", "down", "failing"]},
                    "error": TEXT,
                    "note": TEXT,
                    "count": COUNT,
                },
                "required": ["status"],
            }
        ),
    ),
}


def answers() -> dict[str, Schema]:
    """Give the schema of every answer, and of what answers are made of, by name."""
    _, found = msgspec.json.schema_components([RunRecord, Watermark], ref_template=PLACE)
    records = {name: _complete(schema) for name, schema in found.items()}
    run = records.pop("RunRecord")
    # Where runs are part of a table's view they come without links.
    run["properties"]["links"] = _LINKS
    records["Run"] = run | {"title": "Run"}
    for name, text in _ABOUT.items():
        records[name]["description"] = text
    return {
        **records,
        **refresh_answers(),
        **letter_answers(),
        **incident_answers(),
        **audit_answers(),
        **_WRITTEN,
    }


def _complete(schema: dict[str, Any]) -> Schema:
    """Require every field: an answer has them all, where the record itself has defaults."""
    fields = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": fields, "required": list(fields)}
