"""What each route of refreshes does, apart from HTTP and from starting the orchestration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from http import HTTPStatus
from secrets import token_hex
from typing import Any

import msgspec

from shared.lakehouse.errors import LakehouseUnset, RefreshUnknown
from shared.lakehouse.handover import tables_of
from shared.lakehouse.log import read_handover
from shared.lakehouse.records import UNDER_WAY, RefreshRecord, cancel
from shared.lakehouse.releases import Release
from shared.operations.pages import decode_page, encode_page
from shared.runtime.wiring import App
from web.access.permissions import RELEASES
from web.api import bodies, queries
from web.api.exchange import Answer, Request
from web.api.problems import FieldError, bad_request

# What a record keeps for itself.
KEPT = ("digest", "over", "repair_refused", "mended")
_NUMBER = re.compile(r"[1-9][0-9]{0,7}")


def post_refreshes(app: App, request: Request) -> Answer:
    """Hand over what is new and what is released, or take up what failed, and let it be carried out."""
    if bodies.read_object(request.body).get("release"):
        request.needs(RELEASES)
    if app.workspace is None:
        raise LakehouseUnset("no job of the lakehouse is set")
    catalog = app.catalog
    wanted = bodies.read_refresh(request.body, catalog).release
    desk = app.refresh_desk
    asked = desk.ask_release(wanted, _name_of(request)) if wanted else ()
    record = desk.hand_over(catalog.by_name)
    if record is None:
        links = {"refreshes": f"{request.base}/api/refreshes"}
        body: dict[str, Any] = {"number": None, "state": "nothing_new", "attempt": None}
        return Answer(body={**body, "releases_waiting": 0, "links": links})
    body = {"number": record.number, "state": record.state, "attempt": record.attempt}
    body["releases_waiting"] = _waiting(app, record, asked)
    return Answer(
        body={**body, "links": _links(record, request)}, status=HTTPStatus.ACCEPTED, refresh=True
    )


def get_refreshes(app: App, request: Request) -> Answer:
    """List refreshes, newest first."""
    query = queries.read_refreshes_query(request.params)
    below = read_page(query.page) if query.page else None
    found = app.refreshes.refreshes(query.limit + 1, below=below)
    shown = found[: query.limit]
    more = encode_page(str(shown[-1].number)) if len(found) > len(shown) else None
    refreshes = [_view(record, request) for record in shown]
    return Answer(body={"refreshes": refreshes, "next": request.following(more)})


def get_refresh(app: App, request: Request) -> Answer:
    """Show one refresh with the runs that it hands over, and what it releases."""
    return Answer(body=_view_whole(app, refresh_named(app, request.path["number"]), request))


def delete_refresh(app: App, request: Request) -> Answer:
    """Let the job run of a refresh be cancelled; one that has ended stays as it is."""
    number = refresh_named(app, request.path["number"]).number
    record = app.refreshes.change_refresh(number, cancel)
    return Answer(
        body=_view_whole(app, record, request),
        status=HTTPStatus.ACCEPTED,
        # Whoever follows it may be dead: without anybody the job run would go on.
        refresh=record.state in UNDER_WAY and app.workspace is not None,
    )


def _name_of(request: Request) -> str:
    """Name what is asked: what is sent again under one key has the same name."""
    if request.key is None:
        return token_hex(12)
    return sha256(request.key.encode() + b"\0" + request.body).hexdigest()[:24]


def _waiting(app: App, record: RefreshRecord, asked: Iterable[Release]) -> int:
    """Count what is asked and waits for the hand-over after this one."""
    written = read_handover(app.lake, record.number) if asked else None
    named = {each.id for each in written.handover.releases} if written else set[str]()
    return sum(each.id not in named for each in asked)


def refresh_named(app: App, text: str) -> RefreshRecord:
    """Give the refresh of a number. Raises RefreshUnknown."""
    record = app.refreshes.refresh(int(text)) if _NUMBER.fullmatch(text) else None
    if record is None:
        raise RefreshUnknown(f"there is no refresh {text}")
    return record


def _view(record: RefreshRecord, request: Request) -> dict[str, Any]:
    view: dict[str, Any] = msgspec.to_builtins(record)
    shown = {name: value for name, value in view.items() if name not in KEPT}
    return {**shown, "links": _links(record, request)}


def _view_whole(app: App, record: RefreshRecord, request: Request) -> dict[str, Any]:
    written = read_handover(app.lake, record.number)
    handed = [
        {"table": table.table, "until": table.until, "runs": msgspec.to_builtins(table.runs)}
        for table in (tables_of(written.handover) if written else ())
    ]
    released = written.handover.releases if written else ()
    return {
        **_view(record, request),
        "handed_over": handed,
        "released": msgspec.to_builtins(released),
    }


def _links(record: RefreshRecord, request: Request) -> dict[str, str]:
    return {"status": f"{request.base}/api/refreshes/{record.number}"}


def read_page(token: str) -> int:
    """Read below which number a page of the list begins. Raises Problem, PageUnknown."""
    [text] = decode_page(token, 1)
    if not _NUMBER.fullmatch(text):
        raise bad_request(FieldError(field="page", message="it is no token of a page"))
    return int(text)
