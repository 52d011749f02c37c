"""Incidents: what is wrong and what was lately, and what the tick tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from shared.alerting.incident import Incident
from shared.alerting.outbox import Message
from shared.operations.pages import PageUnknown, decode_page, encode_page
from shared.runtime.wiring import App
from web.api import queries
from web.api.exchange import Answer, Request


def get_incidents(app: App, request: Request) -> Answer:
    """List incidents: those that are open first, each part the newest first."""
    query = queries.read_incidents_query(request.params)
    board = app.boards.read()
    opened = sorted(board.open, key=lambda each: each.opened_at, reverse=True)
    found = [
        each
        for each in (*opened, *board.resolved)
        if query.kind in (None, each.last.kind)
        and query.state in (None, "resolved" if each.resolved_at else "open")
        and query.table in (None, each.last.subject)
    ]
    left = found[_place(found, query.page) :]
    shown = left[: query.limit]
    more = encode_page(shown[-1].id) if len(left) > len(shown) else None
    incidents = [_view(each, request.base) for each in shown]
    return Answer(body={"incidents": incidents, "next": request.following(more)})


def tell_due(app: App) -> None:
    """Tell what waited for more of the same, and try again what a channel has not taken.

    What fails is written down at the board: it is seen in the health of the app.
    """
    board = app.boards.read()
    if any(each.news for each in (*board.open, *board.resolved)):
        board = app.teller.take_in()
    if board.outbox:
        deliver(app)


def deliver(app: App) -> None:
    """Send what waits and is due; of what every channel has the ledger says that it was sent."""
    for message in app.teller.deliver_due().done:
        _mark_sent(app, message)


def check_alerts(app: App) -> dict[str, Any]:
    """Say how the channels do. One that fails makes nothing else fail: `failing`, and never `down`."""
    board = app.boards.read()
    known = {channel.name for channel in app.channels}
    wrong = [each for each in board.channels if each.error is not None and each.name in known]
    counted = {"count": len(board.outbox)}
    if not known:
        return {"status": "up", "note": "no channel is set", **counted}
    if not wrong:
        return {"status": "up", **counted}
    said = "; ".join(f"{each.error}, at {each.failed_at}" for each in wrong)
    return {"status": "failing", "error": said, **counted}


def _mark_sent(app: App, message: Message) -> None:
    for order_id in message.orders:
        if app.ledger.order(order_id) is not None:
            app.ledger.change_order(
                order_id,
                lambda known: replace(known, alert="sent") if known.alert == "failed" else known,
            )


def _place(found: Sequence[Incident], page: str | None) -> int:
    """Give where a page begins. Raises PageUnknown."""
    if page is None:
        return 0
    [after] = decode_page(page, 1)
    for place, each in enumerate(found):
        if each.id == after:
            return place + 1
    raise PageUnknown("the incident that the page begins after is gone; begin anew")


def _view(incident: Incident, base: str) -> dict[str, Any]:
    last, mended = incident.last, incident.mended
    is_refresh = last.kind == "refresh"
    run_id = mended.run_id if mended else last.run_id
    links = {
        "run": f"{base}/api/runs/{run_id}" if run_id else None,
        "order": f"{base}/api/orders/{last.order_id}" if last.order_id else None,
        "table": None if is_refresh else f"{base}/api/tables/{last.subject}",
        "refresh": f"{base}/api/refreshes/{last.refresh}" if is_refresh else None,
    }
    return {
        "id": incident.id,
        "state": "resolved" if incident.resolved_at else "open",
        "kind": last.kind,
        "work": last.work,
        "table": None if is_refresh else last.subject,
        "refresh": last.refresh,
        "error": msgspec.to_builtins(last.error),
        "text": last.text,
        "count": incident.count,
        "opened_at": incident.opened_at,
        "last_at": last.at,
        "told_at": incident.told_at,
        "resolved_at": incident.resolved_at,
        "order_id": last.order_id,
        "run_id": last.run_id,
        "rows": last.rows,
        "lag_seconds": last.lag_seconds,
        "links": {name: link for name, link in links.items() if link is not None},
    }
