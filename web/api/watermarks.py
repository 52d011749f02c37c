"""A table's watermarks: every one that it has had, and how one is moved by hand."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from shared.catalog import TableSpec, UnknownTable
from shared.loading.errors import BadOrder, LakeUnavailable
from shared.loading.watermark import Watermark
from shared.operations.correction import Correction, Corrector, VersionUnknown
from shared.operations.pages import PageUnknown, decode_page, encode_page
from shared.runtime.wiring import App
from web.api import bodies, queries
from web.api.exchange import Answer, Request
from web.api.periods import count_position
from web.api.problems import FieldError, Problem, not_found


def get_watermarks(app: App, request: Request) -> Answer:
    """List the watermarks that a table has had, newest first."""
    query = queries.read_watermarks_query(request.params)
    spec = table_of(app, request)
    below = _version(query.page) if query.page else None
    found = app.states.history(spec.name, query.limit + 1, below=below)
    shown = found[: query.limit]
    page = encode_page(str(shown[-1].version)) if len(found) > len(shown) else None
    body = {
        "table": spec.name,
        "watermarks": [view_watermark(each) for each in shown],
        "next": request.following(page),
    }
    return Answer(body=body)


def put_watermark(app: App, request: Request) -> Answer:
    """Set a table's watermark by hand."""
    body = bodies.read_watermark(request.body)
    spec = _with_cursor(table_of(app, request))
    count_position(spec, "position", body.position)
    corrector = Corrector(states=app.states, spec=spec, reason=body.reason, now=app.now())
    return _corrected(app, request, spec, corrector.set(body.position, skip=body.skip))


def post_rollback(app: App, request: Request) -> Answer:
    """Take a table's watermark back to where it stood before."""
    body = bodies.read_rollback(request.body)
    spec = _with_cursor(table_of(app, request))
    corrector = Corrector(states=app.states, spec=spec, reason=body.reason, now=app.now())
    try:
        correction = corrector.roll_back(body.version)
    except VersionUnknown as error:
        field = FieldError(field="version", message=error.failure.remedy)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise Problem(status, str(error), (field,), "bad-order") from error
    return _corrected(app, request, spec, correction)


def view_watermark(watermark: Watermark) -> dict[str, Any]:
    """A watermark: where it stands, and what carried it there."""
    return {
        "version": watermark.version,
        "position": watermark.position,
        "how": watermark.how,
        "run_id": watermark.run_id,
        "moved_at": watermark.moved_at,
        "by": watermark.by,
        "reason": watermark.reason,
    }


def table_of(app: App, request: Request) -> TableSpec:
    """Give the table that a path names. Raises Problem."""
    try:
        return app.catalog.table(f"{request.path['source']}/{request.path['table']}")
    except UnknownTable as error:
        raise not_found(str(error)) from error


def _with_cursor(spec: TableSpec) -> TableSpec:
    if spec.cursor.kind == "none":
        raise BadOrder(f"{spec.name} has no cursor (watermark kind none), so it has no watermark")
    return spec


def _corrected(app: App, request: Request, spec: TableSpec, done: Correction) -> Answer:
    if done.before is not None and done.before.overlap is not None:
        # Named by nobody any more: what stays if the lake does not answer now is only clutter.
        with suppress(LakeUnavailable):
            app.lake.remove(done.before.overlap)
    table = f"{request.base}/api/tables/{spec.source.name}/{quote(spec.table)}"
    body = {
        "table": spec.name,
        "watermark": view_watermark(done.after),
        "before": view_watermark(done.before) if done.before else None,
        "links": {"table": table, "watermarks": f"{table}/watermarks"},
    }
    return Answer(body=body)


def _version(page: str) -> int:
    [text] = decode_page(page, 1)
    if not text.isascii() or not text.isdigit() or int(text) > bodies.MOST_VERSIONS:
        raise PageUnknown("it is no token of a page")
    return int(text)
