"""Finds the page that an address names, looks at what it shows, and writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.catalog import UnknownTable
from shared.runtime.wiring import App
from web.access.caller import Caller
from web.api.exchange import Request
from web.api.health import get_health
from web.api.problems import not_found
from web.page.exchange import PageRequest, Reply
from web.page.frame import Frame
from web.page.rendering import (
    alerts,
    events,
    orders,
    overview,
    plain,
    quality,
    refreshes,
    run,
    table,
)
from web.page.views.alerts import look_at_alerts
from web.page.views.events import look_at_events, look_at_letter
from web.page.views.orders import look_at_order, look_at_orders
from web.page.views.overview import look_at_tables
from web.page.views.quality import look_at_quality
from web.page.views.refreshes import look_at_refresh, look_at_refreshes
from web.page.views.run import look_at_run, look_at_runs, with_steps
from web.page.views.table import look_at_table

Show = Callable[[App, Mapping[str, str], Frame], str]
ShowOne = Callable[[App, str, Mapping[str, str], Frame], Reply]


def show_page(app: App, request: PageRequest, frame: Frame) -> Reply:
    """Show a page to somebody who is signed in. Raises Problem, IngestError."""
    # An empty field of a filter asks for nothing; the function key is the host's business.
    params = {k: v for k, v in request.params.items() if v and k != "code"}
    whole = _LISTS.get(request.path.rstrip("/"))
    if whole is not None:
        return Reply(body=whole(app, params, frame))
    kind, _, name = request.path.partition("/")
    one = _ONES.get(kind)
    if one is None or not name:
        raise not_found(f"there is no page {request.path}")
    return one(app, name.rstrip("/"), params, frame)


def _overview(app: App, params: Mapping[str, str], frame: Frame) -> str:
    return overview.render(look_at_tables(app, params), frame)


def _runs(app: App, params: Mapping[str, str], frame: Frame) -> str:
    return run.render_list(look_at_runs(app, params), frame)


def _orders(app: App, params: Mapping[str, str], frame: Frame) -> str:
    return orders.render_list(look_at_orders(app, params), frame)


def _quality(app: App, _params: Mapping[str, str], frame: Frame) -> str:
    return quality.render(look_at_quality(app, app.settings.data_docs_url), frame)


def _events(app: App, params: Mapping[str, str], frame: Frame) -> str:
    return events.render(look_at_events(app, params), frame)


def _refreshes(app: App, params: Mapping[str, str], frame: Frame) -> str:
    asked = {name: text for name, text in params.items() if name != "new"}
    return refreshes.render_list(look_at_refreshes(app, asked), frame)


def _alerts(app: App, _params: Mapping[str, str], frame: Frame) -> str:
    return alerts.render(look_at_alerts(app), frame)


def _health(app: App, _params: Mapping[str, str], frame: Frame) -> str:
    caller = Caller(name=frame.caller, role="read", how="page")
    asked = Request(body=b"", params={}, path={}, base="", url="", caller=caller)
    return plain.render_health(get_health(app, asked).body, frame)


def _table(app: App, name: str, params: Mapping[str, str], frame: Frame) -> Reply:
    try:
        spec = app.catalog.table(name)
    except UnknownTable as error:
        raise not_found(str(error)) from error
    return Reply(
        body=table.render(
            look_at_table(app, spec, params, (app.settings.alerts.runbook or "")), frame
        )
    )


def _run(app: App, name: str, _params: Mapping[str, str], frame: Frame) -> Reply:
    page = look_at_run(app, name, (app.settings.alerts.runbook or ""))
    return Reply(
        body=run.render(page, frame),
        history_of=page.instance,
        finish=lambda steps: run.render(with_steps(page, steps), frame),
    )


def _order(app: App, name: str, _params: Mapping[str, str], frame: Frame) -> Reply:
    return Reply(
        body=orders.render(look_at_order(app, name, (app.settings.alerts.runbook or "")), frame)
    )


def _letter(app: App, name: str, _params: Mapping[str, str], frame: Frame) -> Reply:
    page = look_at_letter(app, name, (app.settings.alerts.runbook or ""))
    return Reply(body=events.render_letter(page, frame))


def _refresh(app: App, name: str, _params: Mapping[str, str], frame: Frame) -> Reply:
    page = look_at_refresh(app, name, (app.settings.alerts.runbook or ""))
    return Reply(body=refreshes.render(page, frame))


_LISTS: Mapping[str, Show] = {
    "": _overview,
    "runs": _runs,
    "orders": _orders,
    "quality": _quality,
    "events": _events,
    "refreshes": _refreshes,
    "alerts": _alerts,
    "health": _health,
}
_ONES: Mapping[str, ShowOne] = {
    "tables": _table,
    "runs": _run,
    "orders": _order,
    "events": _letter,
    "refreshes": _refresh,
}
