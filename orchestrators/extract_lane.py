"""Read the slices of a plan, so many at once, in lanes that do not wait for each other."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import (
    MOST_CHILDREN,
    Context,
    StepFailed,
    Steps,
    orchestrates,
    start_over,
    traceparent_of,
)
from shared.durable.steps import LaneDone, SliceLane, SliceWanted, extract_lane, extract_slice
from shared.loading.errors import Failure
from shared.loading.plan import PlanReference


@orchestrates(extract_lane)
def extract_one_lane(context: Context, lane: SliceLane) -> Steps[LaneDone]:
    """Read the slices of a lane one after another; stop at the first that fails."""
    numbers = range(lane.first, lane.end, lane.stride)
    try:
        for number in numbers[:MOST_CHILDREN]:
            wanted = SliceWanted(plan=lane.plan, number=number, attempt=lane.attempt)
            yield from extract_slice(context, wanted)
    except StepFailed as failed:
        return LaneDone(failure=failed.failure)
    if len(numbers) > MOST_CHILDREN:
        start_over(context, replace(lane, first=numbers[MOST_CHILDREN]))
    return LaneDone()


def extract_slices(context: Context, plan: PlanReference, attempt: int) -> Steps[None]:
    """Read every slice of a plan, for an attempt of its run. Raises StepFailed with the first failure.

    As many slices as may be read at once need no lanes of their own.
    """
    if plan.slices <= plan.parallel:
        wanted = [
            SliceWanted(plan=plan.path, number=number, attempt=attempt)
            for number in range(plan.slices)
        ]
        outcomes = yield from extract_slice.map(context, wanted)
        failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    else:
        lanes = [
            (
                f"{context.instance_id}-l{first:02d}",
                SliceLane(
                    plan=plan.path,
                    first=first,
                    stride=plan.parallel,
                    end=plan.slices,
                    attempt=attempt,
                    traceparent=traceparent_of(context),
                ),
            )
            for first in range(plan.parallel)
        ]
        ends = yield from extract_lane.map(context, lanes)
        found = [end if isinstance(end, Failure) else end.failure for end in ends]
        failures = [failure for failure in found if failure is not None]
    if failures:
        raise StepFailed(failures[0])
