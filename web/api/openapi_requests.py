"""The schemas of what the API is sent; its limits are those that the bodies are read by."""

from __future__ import annotations

from web.api import bodies
from web.api.fields import LONGEST_POSITION, LONGEST_TEXT
from web.api.openapi_shapes import FLAG, Schema, asked, or_null

_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_TABLE: Schema = {**_NAME, "description": "Full name of a table, `source/schema.table`."}
_POSITION: Schema = {
    "type": ["string", "integer"],
    "minLength": 1,
    "maxLength": LONGEST_POSITION,
    "minimum": 1 - 10**LONGEST_POSITION,
    "maximum": 10**LONGEST_POSITION - 1,
}
_MODE: Schema = {
    "enum": list(bodies.LOAD_MODES),
    "default": "incremental",
    "description": (
        "`incremental` reads what is new, and everything where there is no watermark; `initial` "
        "reads everything; `snapshot` reads everything in place of what is there."
    ),
}
_REASON: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": bodies.LONGEST_REASON,
    "description": "Why; kept in the history.",
}


def _position(about: str) -> Schema:
    return {**_POSITION, "description": about}


def _optional_position(about: str) -> Schema:
    return {**_POSITION, "type": ["string", "integer", "null"], "description": about}


_FROM = _optional_position("First cursor value of a backfill, included; the lowest by default.")
_TO = _optional_position(
    "Where a backfill ends, excluded, at most the watermark; by default it ends with the watermark."
)

REQUESTS: dict[str, Schema] = {
    "LoadRequest": asked(
        "What to load: all tables unless some are named, or a source.",
        tables={
            "type": ["array", "null"],
            "items": {"type": "string", "description": _TABLE["description"]},
            "minItems": 1,
            "maxItems": bodies.MOST_TABLES,
        },
        source=or_null({**_NAME, "description": "Only tables of this source."}),
        mode=_MODE,
        after=_optional_position(
            "Read above this cursor value instead of the watermark, in this order only."
        ),
    ),
    "PlanRequest": asked(
        "What to plan: a load, or with `from` and `to` a backfill.",
        "table",
        table=_TABLE,
        mode={
            **_MODE,
            "enum": [*bodies.LOAD_MODES, "backfill"],
            "description": f"{_MODE['description']} `backfill` needs neither `from` nor `to`.",
        },
        after=_optional_position("Read above this cursor value instead of the watermark."),
        **{"from": _FROM, "to": _TO},
    ),
    "BackfillRequest": asked(
        "The period `[from, to)` to load again, in the units of the table's cursor; with neither all "
        "that is loaded, the rows without a cursor value included.",
        "table",
        table=_TABLE,
        **{"from": _FROM, "to": _TO},
        window=_optional_position(
            "Size of a window: `12h` or `7d`, or a whole number for an integer cursor; with `from` only."
        ),
        parallel={
            "type": "integer",
            "minimum": 1,
            "maximum": bodies.MOST_PARALLEL,
            "default": 2,
            "description": "Windows that are read together.",
        },
    ),
    "ReconciliationRequest": asked(
        "The table to compare with its source.",
        "table",
        table=_TABLE,
        compare={
            "enum": list(bodies.COMPARISONS),
            "default": "keys",
            "description": "`keys` finds what is missing or deleted; `rows` also what has changed.",
        },
    ),
    "RefreshRequest": asked(
        "Nothing needs to be said. `release` lets rows through that broke a rule, as they are.",
        release={
            "type": ["array", "null"],
            "maxItems": bodies.MOST_RELEASES,
            "items": asked(
                "The row of a key, or all rows of the table that wait.",
                "table",
                table=_TABLE,
                key={
                    "type": ["object", "null"],
                    "additionalProperties": {"type": ["string", "integer"]},
                    "description": "A value for each column of the table's key.",
                },
            ),
        },
    ),
    "RerunRequest": {"type": "object", "description": "Nothing needs to be said."},
    "ReplayRequest": {"type": "object", "description": "Nothing needs to be said."},
    "WatermarkRequest": asked(
        "Where to set a table's watermark, and why.",
        *("position", "reason"),
        position=_position("The cursor value up to which the table shall count as loaded."),
        reason=_REASON,
        skip={**FLAG, "description": "Move forward: rows in between are left out for ever."},
    ),
    "RollbackRequest": asked(
        "To which version of a table's watermark to go back, and why.",
        *("version", "reason"),
        version={
            "type": "integer",
            "minimum": 1,
            "maximum": bodies.MOST_VERSIONS,
            "description": "As the history numbers it.",
        },
        reason=_REASON,
    ),
}
