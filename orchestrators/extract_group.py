"""Read the slices of a plan: so many at once, in groups where there are many."""

from __future__ import annotations

from shared.durable import MOST_CHILDREN, Context, StepFailed, Steps, orchestrates
from shared.durable.steps import (
    GroupDone,
    SliceGroup,
    SliceWanted,
    extract_group,
    extract_slice,
)
from shared.loading.errors import Failure
from shared.loading.plan import PlanReference


@orchestrates(extract_group)
def extract_one_group(context: Context, group: SliceGroup) -> Steps[GroupDone]:
    """Fan the slices of one group out; say so if one of them failed."""
    wanted = [
        SliceWanted(plan=group.plan, number=number) for number in range(group.first, group.last + 1)
    ]
    outcomes = yield from extract_slice.map(context, wanted, at_most=group.parallel)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    return GroupDone(failure=failures[0] if failures else None)


def extract_slices(context: Context, plan: PlanReference) -> Steps[None]:
    """Read every slice of a plan, one group after the other. Raises StepFailed with the first failure.

    Few slices are fanned out right here; groups of their own keep histories short where there are many.
    """
    for first in range(0, plan.slices, MOST_CHILDREN):
        last = min(first + MOST_CHILDREN, plan.slices) - 1
        group = SliceGroup(plan=plan.path, first=first, last=last, parallel=plan.parallel)
        if plan.slices <= MOST_CHILDREN:
            done = yield from extract_one_group(context, group)
        else:
            child = f"{context.instance_id}-s{first:05d}"
            done = yield from extract_group(context, child, group)
        if done.failure is not None:
            raise StepFailed(done.failure)
