"""Look at the job run of a refresh, and say what is to be done."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.lakehouse.errors import JobRunUnknown
from shared.lakehouse.records import RefreshRecord, seen
from shared.lakehouse.refresh import Observation, decide
from shared.runtime import wiring


@implements(steps.observe_refresh)
def observe_refresh(job: steps.JobStarted) -> Observation:
    """Write down how the run stands; ask it to end if the refresh was cancelled. A deleted run has failed."""
    app = wiring.app()
    try:
        run = app.job_workspace.look(job.run_id)
    except JobRunUnknown as error:
        return Observation(decision="failed", error=error.failure)

    def step(known: RefreshRecord) -> RefreshRecord:
        return seen(known, job.attempt, run)

    record = app.refreshes.change_refresh(job.number, step)
    ours = record.attempt == job.attempt
    if run.life == "active" and ours and record.cancel_requested:
        app.job_workspace.cancel(job.run_id)
    return decide(
        run, refused=ours and record.repair_refused, cancel=ours and record.cancel_requested
    )
