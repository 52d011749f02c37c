"""What the app says of itself: whether everything that is needed answers, and what its API is."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from shared.loading.errors import CatalogBroken, ConnectionSlotsTaken, IngestError
from shared.runtime.wiring import App
from web.api.exchange import Answer, Request
from web.api.incidents import check_alerts


def get_openapi(_app: App, request: Request) -> Answer:
    """Describe this API, by OpenAPI 3.1."""
    # Imported here: only this route needs it, and none should start later for it.
    from web.api.openapi import document  # noqa: PLC0415

    return Answer(body=document(request.base))


def get_health(app: App, _request: Request) -> Answer:
    """Ask every dependency whether it answers."""
    checks: dict[str, dict[str, Any]] = {
        "lake": _check(app.lake.ping),
        "state": _check(app.ledger.ping),
        "alerts": _check_alerts(app),
    }
    if app.workspace is not None:
        checks["lakehouse"] = _check(app.workspace.ping)
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
    body = {
        "status": "down" if down else "up",
        "paused": app.settings.paused,
        "checks": checks,
    }
    return Answer(body=body, status=status)


def _check_alerts(app: App) -> dict[str, Any]:
    try:
        return check_alerts(app)
    except IngestError as error:
        return {"status": "down", "error": f"{type(error).__name__}: {error}"}


def _ping(app: App, table: Any) -> None:
    if table.files is not None:
        app.zone.clock()
        return
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
