"""Let a claimed run appear in bronze."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.files.malformed import aside_of
from shared.landing.plans import read_landing, read_plan
from shared.landing.publication import publish as publish_run
from shared.runtime import wiring


@implements(steps.publish)
def publish(commit: steps.ClaimedCommit) -> steps.Published:
    """Publish what the claim names. Without a row nothing appears, but for a snapshot's manifest."""
    app = wiring.app()
    if app.states.turn(commit.table).claim != commit.claim:
        # A late execution: the commit was carried to its end, and its staging is gone with it.
        run = app.ledger.run(commit.claim.run_id)
        return steps.Published(folder=run.folder if run else None)
    plan = read_plan(app.lake, commit.claim.plan)
    landing = read_landing(app.lake, commit.claim.landing)
    if aside := aside_of(plan, landing):
        publish_run(app.lake, *aside)
    if landing.rows == 0 and plan.mode != "snapshot":
        return steps.Published(folder=None)
    return steps.Published(folder=publish_run(app.lake, plan, landing))
