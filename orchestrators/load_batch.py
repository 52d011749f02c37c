"""Load the tables of one order: fan out, let no failure sink its neighbours, say how it ended."""

from __future__ import annotations

from dataclasses import replace

from orchestrators.finish_order import finish_order
from shared.durable import MOST_CHILDREN, Context, StepFailed, Steps, orchestrates, start_over
from shared.durable.steps import (
    GroupEnd,
    TableGroup,
    load_batch,
    load_group,
    load_table,
    open_order,
)
from shared.loading.errors import Failure
from shared.loading.order import Order, OrderWork, TableOrder, instance_of
from shared.operations.records import OrderRecord


@orchestrates(load_batch)
def load_one_batch(context: Context, work: OrderWork) -> Steps[OrderRecord]:
    """Load every table, those that others wait for first; then close the order and alert on failure."""
    order, broke = work.order, None
    try:
        yield from _load_waves(context, work)
    except StepFailed as failed:
        broke = failed.failure
    return (yield from finish_order(context, order, broke))


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
                compare=order.compare,
                asked=order.asked,
            ),
        )
        for table in group.tables
    ]
    outcomes = yield from load_table.map(context, children)
    failed = [o for o in outcomes if isinstance(o, Failure) or o.state == "failed"]
    return GroupEnd(failed=len(failed))


def _load_waves(context: Context, work: OrderWork) -> Steps[None]:
    """Load wave after wave; start over before one that would make too many children."""
    waves = (yield from open_order(context, work.order)).waves
    # An order in a child's input holds no list of all tables: history stays small.
    order = replace(work.order, tables=())
    children = 0
    for number, wave in list(enumerate(waves))[work.part :]:
        groups = _groups(order, wave)
        inline = len(groups) == 1
        children += len(wave) if inline else len(groups)
        if children > MOST_CHILDREN and number > work.part:
            start_over(context, replace(work, part=number))
        if inline:
            yield from load_one_group(context, groups[0])
        else:
            names = [f"{context.instance_id}-w{number}-{n:03d}" for n in range(len(groups))]
            yield from load_group.map(context, list(zip(names, groups, strict=True)))


def _groups(order: Order, tables: tuple[str, ...]) -> list[TableGroup]:
    return [
        TableGroup(order=order, tables=tables[start : start + MOST_CHILDREN])
        for start in range(0, max(len(tables), 1), MOST_CHILDREN)
    ]
