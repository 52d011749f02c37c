"""Claim a commit: from here on the run goes only forward."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.loading.turn import claim
from shared.runtime import wiring


@implements(steps.claim_commit)
def claim_commit(wanted: steps.CommitWanted) -> steps.ClaimedCommit:
    """Claim by compare-and-set; a run whose turn has passed to another is refused (TurnLost)."""
    app, table = wiring.app(), wanted.record.table
    # Written first: whoever finds the claim must find the run's numbers too.
    app.ledger.record_run(wanted.record)
    app.states.change_turn(table, lambda turn: claim(turn, wanted.claim))
    return steps.ClaimedCommit(table=table, claim=wanted.claim)
