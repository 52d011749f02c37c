"""What each route does, apart from HTTP and from starting orchestrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from shared.catalog import TableSpec, UnknownTable
from shared.loading.cursor import cursor_type
from shared.loading.errors import (
    BadOrder,
    CatalogBroken,
    ConflictError,
    ConnectionSlotsTaken,
    CursorUnsound,
    IngestError,
    LakeUnavailable,
    StateUnavailable,
)
from shared.loading.order import BackfillSpec
from shared.loading.windows import cut_windows, default_window
from shared.operations.ledger import RunQuery
from shared.operations.ordering import OrderUnknown, Start
from shared.runtime.wiring import App
from web.api import bodies, views
from web.api.problems import (
    FieldError,
    Problem,
    bad_request,
    conflict,
    not_found,
    unavailable,
)

LAST_RUNS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as the routes see it. `base` is the address that links begin with."""

    body: bytes
    params: Mapping[str, str]
    path: Mapping[str, str]
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to answer, and the orchestration to be started before that."""

    body: Any
    status: HTTPStatus = HTTPStatus.OK
    start: Start | None = None


def problem_of(error: IngestError) -> Problem:
    """Say a typed error in HTTP's words."""
    match error:
        case OrderUnknown():
            return not_found(str(error))
        case BadOrder():
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), kind="bad-order")
        case ConflictError():
            return conflict(str(error))
        case StateUnavailable() | LakeUnavailable() | CatalogBroken():
            return unavailable(str(error))
        case _:
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), kind=type(error).__name__)


def post_loads(app: App, request: Request) -> Answer:
    """Order loads."""
    body = bodies.read_load(request.body, app.catalog)
    if body.after is not None:
        for name in body.tables:
            _count(app.table(name), "after", body.after)
    start = app.desk.load(body.tables, mode=body.mode, after=body.after)
    return _accepted(start, request)


def post_backfills(app: App, request: Request) -> Answer:
    """Order a backfill, up to the watermark at most."""
    body = bodies.read_backfill(request.body, app.catalog)
    _check_period(app, body)
    period = BackfillSpec(
        start=body.start, end=body.end, window=body.window, parallel=body.parallel
    )
    return _accepted(app.desk.backfill(body.table, period), request)


def get_backfill(app: App, request: Request) -> Answer:
    """Show a backfill window by window."""
    record = app.ledger.order(request.path["id"])
    if record is None or record.order.mode != "backfill":
        raise not_found(f"there is no backfill {request.path['id']}")
    windows = app.ledger.windows(record.order.order_id)
    return Answer(body=views.view_backfill(record, windows, request.base))


def delete_backfill(app: App, request: Request) -> Answer:
    """Let a backfill end after the windows that it is loading now."""
    record = app.desk.cancel(request.path["id"])
    windows = app.ledger.windows(record.order.order_id)
    body = views.view_backfill(record, windows, request.base)
    return Answer(body=body, status=HTTPStatus.ACCEPTED)


def get_order(app: App, request: Request) -> Answer:
    """Show an order with all its tables."""
    record = app.ledger.order(request.path["id"])
    if record is None:
        raise not_found(f"there is no order {request.path['id']}")
    runs = app.ledger.runs_of_order(record.order.order_id)
    return Answer(body=views.view_order(record, runs, request.base))


def get_tables(app: App, _request: Request) -> Answer:
    """Show every table."""
    tables = [_table_view(app, table.name, runs=1) for table in app.catalog]
    return Answer(body={"tables": tables})


def get_table(app: App, request: Request) -> Answer:
    """Show one table."""
    name = f"{request.path['source']}/{request.path['table']}"
    try:
        app.catalog.table(name)
    except UnknownTable as error:
        raise not_found(str(error)) from error
    return Answer(body=_table_view(app, name, runs=LAST_RUNS))


def get_runs(app: App, request: Request) -> Answer:
    """List runs, newest first."""
    query = bodies.read_runs_query(request.params, app.catalog)
    found = app.ledger.runs(
        RunQuery(table=query.table, status=query.status, since=query.since, most=query.limit)
    )
    return Answer(body={"runs": [views.view_run(run, request.base) for run in found]})


def get_run(app: App, request: Request) -> Answer:
    """Show one run."""
    try:
        run = app.ledger.run(request.path["id"])
    except BadOrder as error:
        raise not_found(str(error)) from error
    if run is None:
        raise not_found(f"there is no run {request.path['id']}")
    return Answer(body=views.view_run(run, request.base))


def post_rerun(app: App, request: Request) -> Answer:
    """Run again what failed of a run, an order or a backfill."""
    bodies.read_object(request.body)
    try:
        start = app.desk.rerun(request.path["id"])
    except OrderUnknown as error:
        raise not_found(str(error)) from error
    return _accepted(start, request)


def get_health(app: App, _request: Request) -> Answer:
    """Ask every dependency whether it answers."""
    checks: dict[str, dict[str, Any]] = {
        "lake": _check(app.lake.ping),
        "state": _check(app.ledger.ping),
    }
    try:
        catalog = app.catalog
    except CatalogBroken as error:
        checks["tables"] = {"status": "down", "error": str(error)}
    else:
        checks["tables"] = {"status": "up", "count": len(catalog)}
        for table in {table.source.name: table for table in catalog}.values():
            checks[f"source:{table.source.name}"] = _check(lambda table=table: _ping(app, table))
    down = any(check["status"] == "down" for check in checks.values())
    status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK
    return Answer(body={"status": "down" if down else "up", "checks": checks}, status=status)


def _check_period(app: App, body: bodies.BackfillBody) -> None:
    """Refuse what can be seen to be wrong before anything is written."""
    spec = app.table(body.table)
    if spec.cursor.kind == "none":
        message = f"{spec.name} has no cursor (watermark kind none): nothing to backfill by"
        raise bad_request(FieldError(field="table", message=message))
    low, high = _count(spec, "from", body.start), _count(spec, "to", body.end)
    watermark = app.states.watermark(spec.name)
    if watermark is None:
        raise conflict(f"{spec.name} has no watermark yet: load it first")
    cursor = cursor_type(spec.cursor.kind, resolution=None, zoned=None)
    if low >= high:
        raise bad_request(FieldError(field="from", message="must lie before `to`"))
    if high > cursor.parse(watermark.position):
        message = f"lies above the watermark {watermark.position}; a backfill ends at it at most"
        raise bad_request(FieldError(field="to", message=message))
    size = body.window or default_window(cursor, spec.slices.rows)
    try:
        cut_windows(cursor, start=body.start, end=body.end, window=size)
    except BadOrder as error:
        raise bad_request(FieldError(field="window", message=str(error))) from error


def _count(spec: TableSpec, field: str, text: str) -> int:
    """Count a position in a table's cursor. Raises Problem, naming the field."""
    try:
        return cursor_type(spec.cursor.kind, resolution=None, zoned=None).parse(text)
    except CursorUnsound as error:
        message = f"{error} ({spec.name} has watermark kind {spec.cursor.kind})"
        raise bad_request(FieldError(field=field, message=message)) from error


def _accepted(start: Start, request: Request) -> Answer:
    body = views.view_accepted(start.order, request.base)
    return Answer(body=body, status=HTTPStatus.ACCEPTED, start=start)


def _table_view(app: App, name: str, *, runs: int) -> dict[str, Any]:
    return views.view_table(
        app.table(name),
        app.states.turn(name),
        app.states.watermark(name),
        app.ledger.runs(RunQuery(table=name, most=runs)),
        app.now(),
    )


def _ping(app: App, table: Any) -> None:
    with app.sources.open(table) as session:
        session.ping()


def _check(ping: Any) -> dict[str, Any]:
    try:
        ping()
    except ConnectionSlotsTaken:
        return {"status": "up", "note": "all connections are in use"}
    except IngestError as error:
        return {"status": "down", "error": f"{type(error).__name__}: {error}"}
    return {"status": "up"}
