"""Gather the receipts of a plan and judge whether what was read may be published."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shared.durable import implements, steps
from shared.files.telling import tell_reads
from shared.landing import paths
from shared.landing.lake import Lake, PathTaken
from shared.landing.overlap import MOST_DIGESTS, pack, unpack
from shared.landing.plans import read_plan, read_receipts, store_landing
from shared.loading.plan import LoadPlan
from shared.loading.receipt import (
    Landing,
    Receipt,
    Verdict,
    add_repairs,
    check_landing,
    count_nulls,
    is_idle,
    verdict_of,
)
from shared.loading.sentinels import judge_nulls
from shared.quality.contract import hold_to_contract, judge_slice, needs_judging
from shared.reconciliation.orphans import count_rekeyed
from shared.runtime import wiring

_MANY_ORPHANS = "rows that got another key were not counted: too many rows are on one side only"


@implements(steps.judge_quality)
def judge_quality(wanted: steps.JudgeWanted) -> Verdict:
    """Prove that every slice has its receipt and that the numbers add up, and hold the rows to the rules."""
    app = wiring.app()
    plan = read_plan(app.lake, wanted.plan)
    receipts = read_receipts(app.lake, wanted.plan, [part.number for part in plan.slices])
    check_landing(plan, receipts)
    receipts = tuple(_judged(app, plan, receipt) for receipt in receipts)
    turn, watermark = app.states.glance(plan.table)
    idle = _is_idle(plan, receipts, loaded=watermark is not None, identity=turn.identity)
    nulls = count_nulls(plan, receipts)
    told = tuple(dict.fromkeys(each for receipt in receipts for each in receipt.findings))
    findings = plan.findings + told + hold_to_contract(plan, receipts)
    findings += tell_reads([read for receipt in receipts for read in receipt.reads])
    if nulls is not None and plan.spec.cursor.column is not None:
        findings += judge_nulls(plan.spec.cursor.column, turn.null_share, nulls)
    rekeyed = count_rekeyed(app.lake, [each.orphans for each in receipts if each.orphans])
    if rekeyed is None:
        findings += (_MANY_ORPHANS,)
    landing = Landing(
        run_id=plan.run_id,
        plan=wanted.plan,
        receipts=receipts,
        findings=findings,
        null_share=nulls,
        repairs=add_repairs(receipts, rekeyed=rekeyed or 0),
        overlap=None if idle else _gather_overlap(app.lake, plan, receipts, wanted.epoch),
    )
    stored, path = store_landing(app.lake, landing, wanted.epoch)
    return verdict_of(stored, path, idle=idle)


def _judged(app: wiring.App, plan: LoadPlan, receipt: Receipt) -> Receipt:
    """Hold rows to the rules that were landed before there was any judging."""
    if not needs_judging(plan, receipt):
        return receipt
    return judge_slice(app.rule_judge, app.lake, plan, receipt, app.now())


def _is_idle(
    plan: LoadPlan, receipts: Sequence[Receipt], *, loaded: bool, identity: str | None
) -> bool:
    """A reconciliation that finds nothing still has to say that another source is the same by now."""
    if not is_idle(plan, receipts, loaded=loaded):
        return False
    accepts = plan.accepted_identity if plan.mode == "reconcile" else None
    return accepts in (None, identity)


def _gather_overlap(
    lake: Lake, plan: LoadPlan, receipts: Sequence[Receipt], epoch: int
) -> str | None:
    """Join the digests of all slices into the file that the next load will look into."""
    pieces = [receipt.overlap for receipt in receipts if receipt.overlap]
    digests = frozenset[bytes]().union(*(unpack(lake.read(piece)) for piece in pieces))
    if not digests or len(digests) > MOST_DIGESTS:
        return None
    path = paths.overlap_file(plan.spec.target, plan.table, f"{plan.run_id}-{epoch:06d}")
    # a repeated execution: the same receipts give the same digests
    with suppress(PathTaken):
        lake.write(path, pack(digests))
    return path
