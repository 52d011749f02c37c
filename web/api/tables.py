"""How far tables are: one, or all of them page by page."""

from __future__ import annotations

from typing import Any

from shared.operations.freshness import Fresh
from shared.operations.ledger import RunQuery
from shared.operations.pages import decode_page, encode_page
from shared.runtime.wiring import App
from web.api import queries, views
from web.api.exchange import Answer, Request
from web.api.watermarks import table_of

LAST_RUNS = 10


def get_tables(app: App, request: Request) -> Answer:
    """Show tables, by name."""
    query = queries.read_tables_query(request.params, app.catalog)
    [after] = decode_page(query.page, 1) if query.page else [""]
    names = sorted(table.name for table in app.catalog if query.source in (None, table.source.name))
    left = [name for name in names if name > after]
    shown = left[: query.limit]
    page = encode_page(shown[-1]) if len(left) > len(shown) else None
    known = app.freshness.read()
    tables = [_view(app, name, known.get(name), runs=1) for name in shown]
    return Answer(body={"tables": tables, "next": request.following(page)})


def get_table(app: App, request: Request) -> Answer:
    """Show one table."""
    name = table_of(app, request).name
    return Answer(body=_view(app, name, app.freshness.read().get(name), runs=LAST_RUNS))


def _view(app: App, name: str, fresh: Fresh | None, *, runs: int) -> dict[str, Any]:
    return views.view_table(
        app.table(name),
        app.states.turn(name),
        app.states.watermark(name),
        app.ledger.runs(RunQuery(table=name, most=runs)).items,
        app.now(),
        fresh=fresh,
    )
