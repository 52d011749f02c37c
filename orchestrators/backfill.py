"""Load a historical period again, window by window, beside the regular loads."""

from __future__ import annotations

from dataclasses import replace

from orchestrators.finish_order import finish_order
from shared.durable import Context, StepFailed, Steps, orchestrates, start_over
from shared.durable.steps import (
    GroupEnded,
    GroupWanted,
    backfill,
    close_windows,
    load_table,
    next_windows,
    plan_backfill,
)
from shared.loading.errors import Failure
from shared.loading.order import OrderWork, TableOrder, instance_of
from shared.operations.records import OrderRecord, WindowGroup

# After so many groups the orchestration starts anew with a short history.
GROUPS_PER_GENERATION = 20


@orchestrates(backfill)
def backfill_one_table(context: Context, work: OrderWork) -> Steps[OrderRecord]:
    """Load group after group of windows; between two of them the table is free for others.

    A group that fails is left for a rerun and the rest goes on. The watermark is never touched.
    """
    broke: Failure | None = None
    try:
        if work.part == 0:
            yield from plan_backfill(context, work.order)
        yield from _load_groups(context, work)
    except StepFailed as failed:
        broke = failed.failure
    return (yield from finish_order(context, work.order, broke))


def _load_groups(context: Context, work: OrderWork) -> Steps[None]:
    """Load group after group until nothing is left; start over where history grows long."""
    order, part = work.order, work.part
    for _ in range(GROUPS_PER_GENERATION):
        wanted = GroupWanted(order_id=order.order_id, part=part)
        group = yield from next_windows(context, wanted)
        if not group.spans:
            return
        yield from _load_group(context, work, group)
        part = group.part + 1
    start_over(context, replace(work, part=part))


def _load_group(context: Context, work: OrderWork, group: WindowGroup) -> Steps[None]:
    order = work.order
    given = TableOrder(
        order_id=order.order_id,
        table=order.tables[0],
        mode="backfill",
        reason="backfill",
        attempt=order.attempt,
        part=group.part,
        spans=group.spans,
        asked=order.asked,
    )
    instance = instance_of(order, f"g{group.part:05d}")
    [outcome] = yield from load_table.map(context, [(instance, given)])
    ended = (
        GroupEnded(order_id=order.order_id, part=group.part, state="failed", error=outcome)
        if isinstance(outcome, Failure)
        else GroupEnded(
            order_id=order.order_id,
            part=group.part,
            state=outcome.state,
            run_id=outcome.run_id,
            error=outcome.error,
        )
    )
    yield from close_windows(context, ended)
