"""The route that lists what people and programs did."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.operations.audit import AuditEntry
from shared.runtime.wiring import App
from web.api import queries
from web.api.exchange import Answer, Request


def get_audit(app: App, request: Request) -> Answer:
    """List what was done, newest first."""
    query = queries.read_audit_query(request.params)
    found = app.audit.entries(query.limit, query.page)
    entries = [view_entry(entry) for entry in found.items]
    return Answer(body={"entries": entries, "next": request.following(found.next)})


def view_entry(entry: AuditEntry) -> dict[str, Any]:
    """One entry. Until there is an outcome it is `begun`."""
    ended = entry.outcome
    return {
        **msgspec.to_builtins(entry.intent),
        "outcome": ended.outcome if ended else "begun",
        "status": ended.status if ended else None,
        "ended_at": ended.at if ended else None,
        "order_id": ended.order_id if ended else None,
        "refresh": ended.refresh if ended else None,
    }
