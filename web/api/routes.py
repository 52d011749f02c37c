"""What each route of orders and runs does, apart from HTTP and from starting orchestrations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from shared.loading.errors import BadOrder
from shared.loading.order import BackfillSpec, Order, is_order_id
from shared.operations.keys import order_once
from shared.operations.ledger import OrderQuery, RunQuery
from shared.operations.ordering import OrderUnknown, start_of
from shared.operations.records import OrderRecord
from shared.runtime.wiring import App
from web.api import bodies, queries, views
from web.api.exchange import Answer, Request
from web.api.periods import check_period, count_position
from web.api.problems import FieldError, bad_request, conflict, not_found

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 200


def post_loads(app: App, request: Request) -> Answer:
    """Order loads."""

    def draft() -> Order:
        body = bodies.read_load(request.body, app.catalog)
        if body.after is not None:
            for name in body.tables:
                count_position(app.table(name), "after", body.after)
        return app.desk.draft_load(body.tables, mode=body.mode, after=body.after)

    return _ordered(app, request, "loads", draft)


def post_backfills(app: App, request: Request) -> Answer:
    """Order a backfill, up to the watermark at most."""

    def draft() -> Order:
        body = bodies.read_backfill(request.body, app.catalog)
        period = BackfillSpec(
            start=body.start, end=body.end, window=body.window, parallel=body.parallel
        )
        check_period(app, body.table, period)
        return app.desk.draft_backfill(body.table, period)

    return _ordered(app, request, "backfills", draft)


def post_reconciliations(app: App, request: Request) -> Answer:
    """Order a reconciliation of a table that was loaded before."""

    def draft() -> Order:
        body = bodies.read_reconciliation(request.body, app.catalog)
        if not app.states.turn(body.table).published_run_no:
            raise conflict(f"{body.table} was never loaded: there is nothing to compare with")
        return app.desk.draft_reconciliation([body.table], body.compare)

    return _ordered(app, request, "reconciliations", draft)


def get_backfill(app: App, request: Request) -> Answer:
    """Show a backfill window by window."""
    return Answer(body=_view_backfill(app, _backfill(app, request), request))


def delete_backfill(app: App, request: Request) -> Answer:
    """Let a backfill end after the windows that it is loading now."""
    record = app.desk.cancel(_backfill(app, request).order.order_id)
    return Answer(body=_view_backfill(app, record, request), status=HTTPStatus.ACCEPTED)


def get_orders(app: App, request: Request) -> Answer:
    """List orders, newest first."""
    query = queries.read_orders_query(request.params)
    found = app.ledger.orders(
        OrderQuery(status=query.status, since=query.since, most=query.limit, page=query.page)
    )
    orders = [_view_order(app, record, request) for record in found.items]
    return Answer(body={"orders": orders, "next": request.following(found.next)})


def get_order(app: App, request: Request) -> Answer:
    """Show an order with all its tables."""
    record = app.ledger.order(request.path["id"])
    if record is None:
        raise not_found(f"there is no order {request.path['id']}")
    return Answer(body=_view_order(app, record, request))


def delete_order(app: App, request: Request) -> Answer:
    """Let an order end before it commits anything more; one that has ended stays as it is."""
    if app.ledger.order(request.path["id"]) is None:
        raise not_found(f"there is no order {request.path['id']}")
    return _cancelled(app, request)


def get_runs(app: App, request: Request) -> Answer:
    """List runs, newest first."""
    query = queries.read_runs_query(request.params, app.catalog)
    found = app.ledger.runs(
        RunQuery(
            table=query.table,
            status=query.status,
            since=query.since,
            most=query.limit,
            page=query.page,
        )
    )
    runs = [views.view_run(run, request.base) for run in found.items]
    return Answer(body={"runs": runs, "next": request.following(found.next)})


def get_run(app: App, request: Request) -> Answer:
    """Show one run."""
    try:
        run = app.ledger.run(request.path["id"])
    except BadOrder as error:
        raise not_found(str(error)) from error
    if run is None:
        raise not_found(f"there is no run {request.path['id']}")
    return Answer(body=views.view_run(run, request.base))


def delete_run(app: App, request: Request) -> Answer:
    """Let one table's run of an order end before it commits; the order's other tables go on."""
    if is_order_id(request.path["id"]):
        raise not_found(f"there is no run {request.path['id']}; cancel an order as an order")
    return _cancelled(app, request)


def post_rerun(app: App, request: Request) -> Answer:
    """Run again what failed or was cancelled of a run, an order or a backfill."""
    name = request.path["id"]
    return _ordered(app, request, f"runs/{name}/rerun", lambda: app.desk.draft_rerun(name))


def _ordered(app: App, request: Request, route: str, draft: Callable[[], Order]) -> Answer:
    """Place an order; one that was asked for before with the same key is answered as it was then."""
    asked = bodies.read_object(request.body)
    if request.key is None:
        order = draft()
    else:
        order = order_once(app.ledger, _checked(request.key), fingerprint(route, asked), draft)
    record = app.desk.place(order)
    return Answer(
        body=views.view_accepted(order, request.base),
        status=HTTPStatus.ACCEPTED,
        # Only what has not begun is started, so that an old key starts nothing that has ended.
        start=start_of(record) if record.state == "queued" else None,
    )


def fingerprint(route: str, asked: Mapping[str, Any]) -> str:
    """Stand for a route and what is asked of it, however that was written."""
    return sha256(json.dumps([route, asked], sort_keys=True).encode()).hexdigest()


def _checked(key: str) -> str:
    if not re.fullmatch(rf"[ -~]{{1,{LONGEST_KEY}}}", key):
        message = f"must have 1 to {LONGEST_KEY} printable ASCII characters"
        raise bad_request(FieldError(field=KEY_HEADER, message=message))
    return key


def _cancelled(app: App, request: Request) -> Answer:
    record = app.desk.cancel(request.path["id"])
    return Answer(body=_view_order(app, record, request), status=HTTPStatus.ACCEPTED)


def _backfill(app: App, request: Request) -> OrderRecord:
    record = app.ledger.order(request.path["id"])
    if record is None or record.order.mode != "backfill":
        raise OrderUnknown(f"there is no backfill {request.path['id']}")
    return record


def _view_order(app: App, record: OrderRecord, request: Request) -> dict[str, object]:
    runs = app.ledger.runs_of_order(record.order.order_id)
    return views.view_order(record, runs, request.base)


def _view_backfill(app: App, record: OrderRecord, request: Request) -> dict[str, object]:
    windows = app.ledger.windows(record.order.order_id)
    return views.view_backfill(record, windows, request.base)
