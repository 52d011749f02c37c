"""Claim a commit: from here on the run goes only forward."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.landing import paths
from shared.landing.plans import read_plan
from shared.loading.turn import claim
from shared.runtime import wiring


@implements(steps.claim_commit)
def claim_commit(wanted: steps.CommitWanted) -> steps.ClaimedCommit:
    """Claim by compare-and-set; a run whose turn has passed to another is refused (TurnLost)."""
    app, record = wiring.app(), wanted.record
    if app.states.turn(record.table).claim != wanted.claim:
        app.check_wanted(record.run_id, record.attempt, record.mode)
    claim(app.states.turn(record.table), wanted.claim)  # refused before anything is written
    if record.outcome == "loaded":
        target = read_plan(app.lake, wanted.claim.plan).spec.target
        record = replace(record, folder=paths.published(target, record.run_id))
    # Written first: whoever finds the claim must find the run's numbers too.
    app.ledger.record_run(record)
    app.states.change_turn(record.table, lambda turn: claim(turn, wanted.claim))
    return steps.ClaimedCommit(table=record.table, claim=wanted.claim)
