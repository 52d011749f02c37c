"""Load the tables of one order: fan out, let no failure sink its neighbours, say how it ended."""

from __future__ import annotations

from dataclasses import replace

from orchestrators.finish_order import finish_order
from shared.durable import MOST_CHILDREN, Context, StepFailed, Steps, orchestrates
from shared.durable.steps import (
    GroupEnd,
    TableGroup,
    load_batch,
    load_group,
    load_table,
    open_order,
)
from shared.loading.errors import Failure
from shared.loading.order import Order, TableOrder, instance_of
from shared.operations.records import OrderRecord


@orchestrates(load_batch)
def load_one_batch(context: Context, order: Order) -> Steps[OrderRecord]:
    """Load every table, those that others wait for first; then close the order and alert on failure."""
    broke: Failure | None = None
    try:
        work = yield from open_order(context, order)
        for number, wave in enumerate(work.waves):
            yield from _load_wave(context, order, wave, number)
    except StepFailed as failed:
        broke = failed.failure
    return (yield from finish_order(context, order.order_id, broke))


@orchestrates(load_group)
def load_one_group(context: Context, group: TableGroup) -> Steps[GroupEnd]:
    """Load the tables of a group, each as an orchestration of its own.

    All begin at once: how many read is bounded by the host's activities and by each source's connections.
    """
    order = group.order
    children = [
        (
            instance_of(order, table),
            TableOrder(
                order_id=order.order_id,
                table=table,
                mode=order.mode,
                reason=order.reason,
                attempt=order.attempt,
                after=order.after,
            ),
        )
        for table in group.tables
    ]
    outcomes = yield from load_table.map(context, children)
    failed = [o for o in outcomes if isinstance(o, Failure) or o.state == "failed"]
    return GroupEnd(failed=len(failed))


def _load_wave(context: Context, order: Order, tables: tuple[str, ...], wave: int) -> Steps[None]:
    # An order in a child's input holds no list of all tables: history stays small.
    order = replace(order, tables=())
    groups = [
        TableGroup(order=order, tables=tables[start : start + MOST_CHILDREN])
        for start in range(0, len(tables), MOST_CHILDREN)
    ]
    if len(groups) == 1:
        yield from load_one_group(context, groups[0])
        return
    children = [
        (f"{context.instance_id}-w{wave}-{number:03d}", group)
        for number, group in enumerate(groups)
    ]
    yield from load_group.map(context, children)
