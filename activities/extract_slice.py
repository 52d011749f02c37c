"""Read one slice of a plan and land it in staging."""

from __future__ import annotations

from functools import lru_cache
from uuid import uuid4

from shared.durable import implements, steps
from shared.landing.lake import Lake, PathMissing
from shared.landing.overlap import unpack
from shared.landing.plans import find_receipt, read_plan, store_receipt
from shared.landing.slicing import SliceLanding
from shared.runtime import wiring


@implements(steps.extract_slice)
def extract_slice(wanted: steps.SliceWanted) -> steps.SliceDone:
    """Land one slice, unless its receipt is there. Every execution writes files of its own."""
    app = wiring.app()
    receipt = find_receipt(app.lake, wanted.plan, wanted.number)
    if receipt is None:
        plan = read_plan(app.lake, wanted.plan)
        app.check_wanted(plan.run_id, wanted.attempt, plan.mode)
        part = plan.slices[wanted.number]
        landing = SliceLanding(
            lake=app.lake,
            plan=plan,
            part=part,
            execution=f"{wanted.number:05d}-{uuid4().hex[:12]}",
            known=_known(app.lake, plan.overlap),
            now=app.now,
        )
        with (
            app.sources.open(plan.spec) as session,
            session.read(plan.spec, part.span) as reading,
        ):
            written = landing.write(reading)
        # The source is left before the files are read back.
        receipt = store_receipt(app.lake, wanted.plan, landing.prove(written))
    return steps.SliceDone(number=wanted.number, rows=receipt.landed)


@lru_cache(maxsize=4)
def _known(lake: Lake, path: str | None) -> frozenset[bytes]:
    """Read the digests of rows that need not be landed again; without them rows are landed again."""
    if path is None:
        return frozenset()
    try:
        return unpack(lake.read(path))
    except PathMissing:
        return frozenset()
