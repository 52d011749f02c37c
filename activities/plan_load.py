"""Plan one run and keep the plan in the lake."""

from __future__ import annotations

from dataclasses import replace

from shared.catalog import TableSpec
from shared.durable import implements, steps
from shared.extraction.changes import known_columns
from shared.extraction.columns import plan_columns
from shared.extraction.planning import PlanBasis, Planned, known_marks, make_plan
from shared.landing import paths
from shared.landing.discretion import discreet
from shared.landing.lake import Lake
from shared.landing.plans import find_plan, read_receipts, store_plan
from shared.loading.bound import keep_marks
from shared.loading.drift import is_same
from shared.loading.plan import LoadPlan, PlanReference, refer
from shared.loading.turn import Turn, check_epoch
from shared.operations.records import RunRecord, is_published
from shared.quality.contract import is_broken
from shared.reconciliation.images import store_images, survey_images
from shared.runtime import wiring


@implements(steps.plan_load)
def plan_load(wanted: steps.PlanWanted) -> PlanReference:
    """Adopt the plan of an earlier attempt if nobody loaded or altered the table since, else plan anew."""
    app, order = wiring.app(), wanted.order
    spec = app.table(order.table)
    turn = app.states.turn(order.table)
    check_epoch(turn, order.run_id, wanted.epoch)
    published = app.ledger.run(order.run_id)
    if published is not None and is_published(published):
        return _nothing_left(published, turn)
    app.check_wanted(order.run_id, order.attempt, order.mode)
    # A backfill reads the windows of a group together, any other load what the table file says.
    at_once = len(order.spans) or spec.slices.parallel
    found = find_plan(app.lake, spec, order.run_id, turn) if order.attempt > 1 else None
    if found is not None and not (_fits(app, found[0]) and _keeps_contract(app.lake, *found)):
        found = None
    if found is None:
        planned = _look(app, wanted, spec, turn)
        if not planned.plan.slices:
            return refer(planned.plan, "", at_once=at_once)
        if planned.plan.mode == "reconcile":
            # The turn keeps them as they are until the run has ended.
            path = paths.plan_file(planned.plan.target, order.run_id, wanted.epoch)
            files = survey_images(app.lake, spec.target)
            store_images(app.lake, paths.images_file(path), files)
        found = store_plan(app.lake, planned.plan, wanted.epoch)
    plan, path = found
    app.ledger.record_run(_running(wanted, plan))
    return refer(plan, path, at_once=at_once)


def _nothing_left(run: RunRecord, turn: Turn) -> PlanReference:
    """Plan nothing for a run that somebody else has rolled forward before it was run again."""
    return PlanReference(
        path="",
        mode=run.mode,
        run_no=turn.published_run_no,
        slices=0,
        parallel=1,
        watermark_before=run.watermark_before,
        bound=run.bound,
        findings=run.findings,
    )


def _fits(app: wiring.App, plan: LoadPlan) -> bool:
    """Say whether the table still has the columns of a plan; one that it has not cannot be carried out.

    Of files each is held against the plan when it is read.
    """
    if plan.spec.files is not None:
        return True
    key = app.mask_key(plan.spec)
    with discreet(plan.spec), app.sources.open(plan.spec, plan.columns) as session:
        return is_same(plan.columns, plan_columns(plan.spec, session.shape(plan.spec), key))


def _keeps_contract(lake: Lake, plan: LoadPlan, path: str) -> bool:
    """Say whether what was read by a plan so far may land: what broke a rule is read anew."""
    if not plan.spec.quality:
        return True
    return not is_broken(plan, read_receipts(lake, path, [part.number for part in plan.slices]))


def _look(app: wiring.App, wanted: steps.PlanWanted, spec: TableSpec, turn: Turn) -> Planned:
    order = wanted.order
    basis = PlanBasis(
        order=order,
        spec=spec,
        run_no=wanted.epoch,
        watermark=app.states.watermark(order.table),
        published_run_no=turn.published_run_no,
        columns=turn.columns,
        marks=turn.marks,
        planned_at=app.now().isoformat(),
        set_aside=turn.set_aside,
        identity=turn.identity,
        mask_key=app.mask_key(spec),
    )
    if spec.files is not None:
        return _look_at_files(app, basis)
    known = known_columns(spec, order.mode, turn.columns)
    with discreet(spec), app.sources.open(spec, known) as session:
        planned = make_plan(session, basis)
    seen = planned.seen
    if seen is not None and spec.cursor.kind == "integer":
        marks = keep_marks(known_marks(planned.plan.mode, basis.marks), spec.cursor, seen)

        def remember(turn: Turn) -> Turn:
            # Whoever has lost the turn may hold sightings that a correction has dropped since.
            check_epoch(turn, order.run_id, wanted.epoch)
            return replace(turn, marks=marks)

        app.states.change_turn(order.table, remember)
    return planned


def _look_at_files(app: wiring.App, basis: PlanBasis) -> Planned:
    """Plan what has arrived; what is too much for one run is asked for again."""
    with app.sources.hold(basis.spec.source):
        found = app.file_planner.plan(basis)
    if found.left:
        # Asked for while the turn is held: its end finds the two counts different.
        app.states.change_turn(
            basis.order.table, lambda turn: replace(turn, requested=turn.requested + 1)
        )
    return Planned(plan=found.plan, seen=None)


def _running(wanted: steps.PlanWanted, plan: LoadPlan) -> steps.RunRecord:
    return replace(
        wanted.record,
        mode=plan.mode,
        watermark_before=plan.watermark_before,
        bound=plan.bound,
        findings=plan.findings,
    )
