"""Begin an order: say that it runs, and in which waves its tables are loaded."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.loading.order import Order
from shared.operations.records import begin
from shared.runtime import wiring


@implements(steps.open_order)
def open_order(order: Order) -> steps.OrderWaves:
    """Order tables by `loads_after`; a table that is gone from the files comes first, to fail by itself."""
    app = wiring.app()
    at = app.now().isoformat()
    app.ledger.change_order(order.order_id, lambda record: begin(record, order.attempt, at))
    catalog = app.catalog
    known = {table.name for table in catalog}
    chosen = catalog.select([name for name in order.tables if name in known])
    gone = tuple(name for name in order.tables if name not in known)
    waves = [tuple(table.name for table in wave) for wave in catalog.waves(chosen)] or [()]
    return steps.OrderWaves(order=order, waves=(gone + waves[0], *waves[1:]))
