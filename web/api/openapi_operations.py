"""Every operation of the API: its path, what it takes, and what it answers."""

from __future__ import annotations

from web.api import bodies
from web.api.openapi_audit import AUDIT
from web.api.openapi_incidents import INCIDENTS
from web.api.openapi_letters import LETTERS
from web.api.openapi_operation import PAGES, Operation, Parameter, query_of, segment_of
from web.api.openapi_refreshes import REFRESHES
from web.api.routes import LONGEST_KEY

_TEXT = {"type": "string", "minLength": 1}
_ORDER = segment_of("id", "Id of an order.")
_BACKFILL = segment_of("id", "Id of a backfill's order.")
_RUN = segment_of("id", "Id of a run.")
_ANY = segment_of("id", "Id of a run, an order or a backfill.")
_TABLE = (
    segment_of("source", "Name of a source."),
    segment_of("table", "Name of a table in its source, `schema.table`."),
)
_STATUS = query_of("status", {"enum": list(bodies.STATES)}, "Only those in this state.")
_SINCE = query_of("since", _TEXT, "Only those since this time, ISO 8601; UTC if it names no zone.")
_OF_TABLE = query_of("table", _TEXT, "Only those of this table.")
_ONCE: Parameter = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[ -~]*$",
    },
    "description": (
        "Any text of your own, new for every order. Sent again with the same request it gives "
        "the same answer and orders nothing more; with another request it is refused (422)."
    ),
}

_LOADS: tuple[Operation, ...] = (
    Operation(
        name="post_loads",
        method="post",
        path="/api/loads",
        tag="Orders",
        summary="Order loads",
        answers={202: "Accepted"},
        problems=(400, 409, 422),
        parameters=(_ONCE,),
        body="LoadRequest",
        body_needed=False,
    ),
    Operation(
        name="post_plans",
        method="post",
        path="/api/plans",
        tag="Orders",
        summary="Show what a load or a backfill would do",
        about=(
            "Reads the source's catalogue and statistics and writes nothing anywhere. What would "
            "stop the load is part of the answer, in `stops`."
        ),
        answers={200: "Plan"},
        problems=(400, 409, 422),
        body="PlanRequest",
    ),
    Operation(
        name="post_backfills",
        method="post",
        path="/api/backfills",
        tag="Orders",
        summary="Order a backfill",
        about="Loads a past period again, window by window; the watermark stays where it is.",
        answers={202: "Accepted"},
        problems=(400, 409, 422),
        parameters=(_ONCE,),
        body="BackfillRequest",
    ),
    Operation(
        name="post_reconciliations",
        method="post",
        path="/api/reconciliations",
        tag="Orders",
        summary="Order a reconciliation",
        about=(
            "Compares a table's copy with its source, lands what is missing or has changed and a "
            "tombstone for what was deleted; the watermark stays where it is."
        ),
        answers={202: "Accepted"},
        problems=(400, 409, 422),
        parameters=(_ONCE,),
        body="ReconciliationRequest",
    ),
    Operation(
        name="get_backfill",
        method="get",
        path="/api/backfills/{id}",
        tag="Orders",
        summary="Show a backfill window by window",
        answers={200: "Backfill"},
        problems=(404,),
        parameters=(_BACKFILL,),
    ),
    Operation(
        name="delete_backfill",
        method="delete",
        path="/api/backfills/{id}",
        tag="Orders",
        summary="Cancel a backfill",
        answers={202: "Backfill"},
        problems=(404,),
        parameters=(_BACKFILL,),
    ),
    Operation(
        name="get_orders",
        method="get",
        path="/api/orders",
        tag="Orders",
        summary="List orders, newest first",
        answers={200: "Orders"},
        problems=(400,),
        parameters=(_STATUS, _SINCE, *PAGES),
    ),
    Operation(
        name="get_order",
        method="get",
        path="/api/orders/{id}",
        tag="Orders",
        summary="Show an order with all its tables",
        answers={200: "Order"},
        problems=(404,),
        parameters=(_ORDER,),
    ),
    Operation(
        name="delete_order",
        method="delete",
        path="/api/orders/{id}",
        tag="Orders",
        summary="Cancel an order",
        about="What has not claimed its commit ends cancelled; an order that has ended stays as it is.",
        answers={202: "Order"},
        problems=(404, 409),
        parameters=(_ORDER,),
    ),
)
_RUNS: tuple[Operation, ...] = (
    Operation(
        name="get_runs",
        method="get",
        path="/api/runs",
        tag="Runs",
        summary="List runs, newest first",
        about="Without a table or `since` it goes back 31 days.",
        answers={200: "Runs"},
        problems=(400,),
        parameters=(_STATUS, _OF_TABLE, _SINCE, *PAGES),
    ),
    Operation(
        name="get_run",
        method="get",
        path="/api/runs/{id}",
        tag="Runs",
        summary="Show one run",
        answers={200: "Run"},
        problems=(404,),
        parameters=(_RUN,),
    ),
    Operation(
        name="delete_run",
        method="delete",
        path="/api/runs/{id}",
        tag="Runs",
        summary="Cancel one table's run of an order",
        answers={202: "Order"},
        problems=(404, 409),
        parameters=(_RUN,),
    ),
    Operation(
        name="post_rerun",
        method="post",
        path="/api/runs/{id}/rerun",
        tag="Runs",
        summary="Run again what failed",
        about="Of a run, of an order, or of a backfill: what succeeded stays as it is.",
        answers={202: "Accepted"},
        problems=(400, 404, 409, 422),
        parameters=(_ANY, _ONCE),
        body="RerunRequest",
        body_needed=False,
    ),
)
_TABLES: tuple[Operation, ...] = (
    Operation(
        name="get_tables",
        method="get",
        path="/api/tables",
        tag="Tables",
        summary="Show how far every table is",
        answers={200: "Tables"},
        problems=(400,),
        parameters=(query_of("source", _TEXT, "Only tables of this source."), *PAGES),
    ),
    Operation(
        name="get_table",
        method="get",
        path="/api/tables/{source}/{table}",
        tag="Tables",
        summary="Show how far one table is",
        answers={200: "Table"},
        problems=(404,),
        parameters=_TABLE,
    ),
    Operation(
        name="get_watermarks",
        method="get",
        path="/api/tables/{source}/{table}/watermarks",
        tag="Tables",
        summary="List every watermark that a table has had, newest first",
        answers={200: "Watermarks"},
        problems=(400, 404),
        parameters=(*_TABLE, *PAGES),
    ),
    Operation(
        name="put_watermark",
        method="put",
        path="/api/tables/{source}/{table}/watermark",
        tag="Tables",
        summary="Set a table's watermark by hand",
        about=(
            "Refused (409) while the table is being loaded, and where rows would be left out for "
            "ever unless `skip` is true."
        ),
        answers={200: "Correction"},
        problems=(400, 404, 409, 422),
        parameters=_TABLE,
        body="WatermarkRequest",
    ),
    Operation(
        name="post_rollback",
        method="post",
        path="/api/tables/{source}/{table}/watermark/rollback",
        tag="Tables",
        summary="Take a table's watermark back to an earlier one",
        answers={200: "Correction"},
        problems=(400, 404, 409, 422),
        parameters=_TABLE,
        body="RollbackRequest",
    ),
)
_APP: tuple[Operation, ...] = (
    Operation(
        name="get_health",
        method="get",
        path="/api/health",
        tag="App",
        summary="Ask every dependency whether it answers",
        answers={200: "Health", 503: "Health"},
    ),
    Operation(
        name="get_openapi",
        method="get",
        path="/api/openapi.json",
        tag="App",
        summary="This description",
        answers={200: ""},
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    *_LOADS,
    *_RUNS,
    *_TABLES,
    *REFRESHES,
    *LETTERS,
    *INCIDENTS,
    *AUDIT,
    *_APP,
)
