"""Claim a commit: from here on the run goes only forward."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.landing import paths
from shared.landing.plans import read_plan
from shared.loading.errors import TurnLost
from shared.loading.turn import claim
from shared.operations.records import RunRecord
from shared.runtime import wiring


@implements(steps.claim_commit)
def claim_commit(wanted: steps.CommitWanted) -> steps.ClaimedCommit:
    """Claim by compare-and-set; a run whose turn has passed to another is refused (TurnLost).

    The refusal is written to the run as a finding: nobody may be waiting for this answer any more.
    """
    app, record = wiring.app(), wanted.record
    turn = app.states.turn(record.table)
    if turn.claim != wanted.claim:
        app.check_wanted(record.run_id, record.attempt, record.mode)
    wrote = False
    try:
        claim(turn, wanted.claim)  # refused before anything is written
        if record.outcome in ("loaded", "quarantined"):
            target = read_plan(app.lake, wanted.claim.plan).target
            record = replace(record, folder=paths.published(target, record.run_id))
        # Written first: whoever finds the claim must find the run's numbers too.
        app.ledger.record_run(record)
        wrote = turn.claim is None
        app.states.change_turn(record.table, lambda turn: claim(turn, wanted.claim))
    except TurnLost as lost:
        _write_refusal(app, record, lost, wrote=wrote)
        raise
    return steps.ClaimedCommit(table=record.table, claim=wanted.claim)


def _write_refusal(app: wiring.App, record: RunRecord, lost: TurnLost, *, wrote: bool) -> None:
    """Add a finding to the run. If this execution `wrote` that it commits, that is not so."""
    finding = f"attempt {record.attempt} came too late to commit: {lost}"
    ended = app.now().isoformat()

    def refused(known: RunRecord) -> RunRecord:
        if finding not in known.findings:
            known = replace(known, findings=(*known.findings, finding))
        if not wrote or known.state != "committing" or known.attempt != record.attempt:
            return known
        nothing = replace(known, rows=0, files=0, bytes=0, folder=None, outcome=None)
        return replace(nothing, state="failed", ended_at=ended, error=lost.failure)

    app.ledger.change_run(record.run_id, refused)
