"""Gather the receipts of a plan and judge whether what was read may be published."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shared.durable import implements, steps
from shared.landing import paths
from shared.landing.lake import Lake, PathTaken
from shared.landing.overlap import MOST_DIGESTS, pack, unpack
from shared.landing.plans import read_plan, read_receipts, store_landing
from shared.loading.plan import LoadPlan
from shared.loading.receipt import (
    Landing,
    Receipt,
    Verdict,
    check_landing,
    count_nulls,
    is_idle,
    verdict_of,
)
from shared.loading.sentinels import NullShare, judge_nulls
from shared.runtime import wiring


@implements(steps.judge_quality)
def judge_quality(wanted: steps.JudgeWanted) -> Verdict:
    """Prove that every slice has its receipt and that the numbers add up."""
    app = wiring.app()
    plan = read_plan(app.lake, wanted.plan)
    receipts = read_receipts(app.lake, wanted.plan, [part.number for part in plan.slices])
    check_landing(plan, receipts)
    idle, nulls = is_idle(plan, receipts), count_nulls(plan, receipts)
    landing = Landing(
        run_id=plan.run_id,
        plan=wanted.plan,
        receipts=receipts,
        findings=(*plan.findings, *_judge_nulls(app, plan, nulls)),
        null_share=nulls,
        overlap=None if idle else _gather_overlap(app.lake, plan, receipts, wanted.epoch),
    )
    stored, path = store_landing(app.lake, landing, wanted.epoch)
    return verdict_of(plan, stored, path)


def _judge_nulls(app: wiring.App, plan: LoadPlan, nulls: NullShare | None) -> tuple[str, ...]:
    column = plan.spec.cursor.column
    if nulls is None or column is None:
        return ()
    return judge_nulls(column, app.states.turn(plan.table).null_share, nulls)


def _gather_overlap(
    lake: Lake, plan: LoadPlan, receipts: Sequence[Receipt], epoch: int
) -> str | None:
    """Join the digests of all slices into the file that the next load will look into."""
    pieces = [receipt.overlap for receipt in receipts if receipt.overlap]
    digests = frozenset[bytes]().union(*(unpack(lake.read(piece)) for piece in pieces))
    if not digests or len(digests) > MOST_DIGESTS:
        return None
    path = paths.overlap_file(plan.spec.target, plan.table, f"{plan.run_id}-{epoch:06d}")
    lake.make_folder(path.rsplit("/", 1)[0])
    # a repeated execution: the same receipts give the same digests
    with suppress(PathTaken):
        lake.write(path, pack(digests))
    return path
