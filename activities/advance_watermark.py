"""Close a claimed commit and move the watermark: the only place where progress is recorded."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from shared.catalog import quarantine_target
from shared.durable import implements, steps
from shared.files.letters import FileLetter
from shared.landing import paths
from shared.landing.plans import read_landing, read_plan
from shared.loading.drift import fingerprint
from shared.loading.errors import PlanUnreadable
from shared.loading.plan import LoadPlan
from shared.loading.published import PublishedRun
from shared.loading.receipt import Landing
from shared.loading.turn import Claim, close_claim
from shared.loading.watermark import Watermark, advance
from shared.operations.records import RunRecord
from shared.runtime import wiring


@implements(steps.advance_watermark)
def advance_watermark(commit: steps.ClaimedCommit) -> RunRecord:
    """Advance, unless it is done already; then write the run down as succeeded and clear its staging."""
    app, claim = wiring.app(), commit.claim
    if app.states.turn(commit.table).claim == claim:
        _advance(app, commit.table, claim)
    record = app.ledger.run(claim.run_id)
    if record is None:
        raise PlanUnreadable(f"the ledger has no run {claim.run_id}, although it was claimed")
    if record.state != "succeeded":
        # Of a late execution neither the time nor the watermark, which others may have moved, are the run's.
        record = _succeeded(app, record)
        app.ledger.record_run(record)
    app.lake.remove(paths.staging_of_plan(claim.plan))
    return record


def _succeeded(app: wiring.App, record: RunRecord) -> RunRecord:
    watermark = app.states.watermark(record.table)
    return replace(
        record,
        state="succeeded",
        error=None,
        watermark_after=watermark.position if watermark else None,
        ended_at=app.now().isoformat(),
    )


def _advance(app: wiring.App, table: str, claim: Claim) -> None:
    plan = read_plan(app.lake, claim.plan)
    landing = read_landing(app.lake, claim.landing)
    before = app.states.watermark(table)
    after = before
    if plan.advances:
        after = advance(
            before,
            plan.bound,
            run_id=claim.run_id,
            at=app.now().isoformat(),
            overlap=landing.overlap,
            run_no=claim.run_no,
            zoned=plan.cursor.zoned if plan.cursor else None,
        )
    if landing.reads:
        # While the claim is held: whoever plans next finds them done with, and whoever comes here
        # again, or late, says the same.
        _keep_dead(app, table, landing)
        app.arrivals.settle(table, landing.reads, claim.run_id)
    drift = fingerprint(plan.reasons) if plan.reasons else None
    app.states.advance(
        table,
        step=lambda turn: close_claim(
            turn,
            claim,
            # Files of which none could be read say nothing of the table's columns.
            turn.columns if landing.reads and not landing.rows else plan.columns,
            drift=drift,
            identity=plan.accepted_identity,
            null_share=landing.null_share,
        ),
        before=before,
        after=after,
        published=_published(plan, landing),
    )
    if landing.reads:
        app.lake.remove(paths.staging(quarantine_target(plan.spec), claim.run_id))
    _drop_overlap(app, before, after)


def _keep_dead(app: wiring.App, table: str, landing: Landing) -> None:
    """Write down what could not be read, before it counts as done with."""
    for read in landing.reads:
        if read.fate == "dead" and read.error is not None:
            letter = FileLetter(table=table, version=read.version)
            app.letters.keep("file", letter.name, read.error, msgspec.json.encode(letter))


def _published(plan: LoadPlan, landing: Landing) -> PublishedRun | None:
    """Give what the lakehouse will be handed: nothing of a run without rows, or of one set aside."""
    if plan.reasons or (landing.rows == 0 and plan.mode != "snapshot"):
        return None
    return PublishedRun(
        run_id=plan.run_id,
        run_no=plan.run_no,
        mode=plan.mode,
        folder=paths.published(plan.target, plan.run_id),
        traceparent=plan.traceparent,
    )


def _drop_overlap(app: wiring.App, before: Watermark | None, after: Watermark | None) -> None:
    """Remove the digests that no watermark names any more."""
    if before is None or before.overlap is None or after is None:
        return
    # Of two executions at once, the slower one reads the watermark that the other has just written.
    if after.overlap != before.overlap and after != before:
        app.lake.remove(before.overlap)
