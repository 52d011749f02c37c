"""Read one slice of a plan and land it in staging."""

from __future__ import annotations

from functools import lru_cache
from uuid import uuid4

from shared.durable import implements, steps
from shared.files.slicing import FileSlice
from shared.landing import paths
from shared.landing.discretion import discreet
from shared.landing.lake import Lake, PathMissing
from shared.landing.overlap import unpack
from shared.landing.plans import find_receipt, read_plan, store_receipt
from shared.landing.proving import prove
from shared.landing.slicing import SliceLanding
from shared.loading.plan import LoadPlan
from shared.loading.receipt import Receipt
from shared.quality.contract import judge_slice, needs_judging
from shared.reconciliation.images import find_images
from shared.reconciliation.slicing import (
    SliceReconciliation,
    scanned_columns,
    source_hashed_columns,
)
from shared.runtime import wiring


@implements(steps.extract_slice)
def extract_slice(wanted: steps.SliceWanted) -> steps.SliceDone:
    """Land one slice, unless its receipt is there. Every execution writes files of its own."""
    app = wiring.app()
    receipt = find_receipt(app.lake, wanted.plan, wanted.number)
    if receipt is None:
        plan = read_plan(app.lake, wanted.plan)
        app.check_wanted(plan.run_id, wanted.attempt, plan.mode)
        execution = f"{wanted.number:05d}-{uuid4().hex[:12]}"
        land = _reconcile if plan.mode == "reconcile" else _land
        if plan.spec.files is not None:
            land = _land_files
        landed = land(app, wanted, plan, execution)
        if needs_judging(plan, landed):
            landed = judge_slice(app.rule_judge, app.lake, plan, landed, app.now())
        receipt = store_receipt(app.lake, wanted.plan, landed)
    return steps.SliceDone(number=wanted.number, rows=receipt.landed)


def _land(app: wiring.App, wanted: steps.SliceWanted, plan: LoadPlan, execution: str) -> Receipt:
    part = plan.slices[wanted.number]
    landing = SliceLanding(
        lake=app.lake,
        plan=plan,
        part=part,
        execution=execution,
        known=_known(app.lake, plan.overlap),
        now=app.now,
        mask_key=app.mask_key(plan.spec),
    )
    with (
        discreet(plan.spec),
        app.sources.open(plan.spec, plan.columns) as session,
        session.read(plan.spec, part.span) as reading,
    ):
        written = landing.write(reading)
        if written.asks is not None:
            return prove(app.lake, written)
    # One that has nothing to say is left before the files are read back.
    return prove(app.lake, written)


def _land_files(
    app: wiring.App, wanted: steps.SliceWanted, plan: LoadPlan, execution: str
) -> Receipt:
    slicing = FileSlice(
        lake=app.lake,
        zone=app.zone,
        plan=plan,
        part=plan.slices[wanted.number],
        execution=execution,
        now=app.now,
    )
    with app.sources.hold(plan.spec.source):
        return slicing.land()


def _reconcile(
    app: wiring.App, wanted: steps.SliceWanted, plan: LoadPlan, execution: str
) -> Receipt:
    """Compare a slice of a reconciliation with the images that its plan found in the lake."""
    part = plan.slices[wanted.number]
    slicing = SliceReconciliation(
        lake=app.lake,
        plan=plan,
        part=part,
        images=find_images(app.lake, paths.images_file(wanted.plan)),
        execution=execution,
        now=app.now,
        mask_key=app.mask_key(plan.spec),
    )
    columns, hashed = scanned_columns(plan), source_hashed_columns(plan)
    with (
        discreet(plan.spec),
        app.sources.open(plan.spec, plan.columns) as session,
        session.scan(plan.spec, part.span, columns=columns, hashed=hashed) as scan,
    ):
        written = slicing.write(scan)
    return prove(app.lake, written)


@lru_cache(maxsize=4)
def _known(lake: Lake, path: str | None) -> frozenset[bytes]:
    """Read the digests of rows that need not be landed again; without them rows are landed again."""
    if path is None:
        return frozenset()
    try:
        return unpack(lake.read(path))
    except PathMissing:
        return frozenset()
