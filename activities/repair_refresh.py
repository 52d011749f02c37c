"""Repair the job run of a refresh, once."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.lakehouse.errors import JobRefused
from shared.lakehouse.records import RefreshRecord
from shared.runtime import wiring


@implements(steps.repair_refresh)
def repair_refresh(job: steps.JobStarted) -> steps.JobStarted:
    """Begin a repair, unless the run's own history says that one was begun.

    Where the workspace refuses, the next look finds the run active by a repair that began meanwhile,
    or failed for good.
    """
    app = wiring.app()
    run = app.job_workspace.look(job.run_id)
    if run.life != "ended" or run.result != "failed" or run.repairs:
        return job
    try:
        app.job_workspace.repair(job.run_id)
    except JobRefused:
        app.refreshes.change_refresh(job.number, lambda known: _refused(known, job.attempt))
    return job


def _refused(known: RefreshRecord, attempt: int) -> RefreshRecord:
    return replace(known, repair_refused=True) if known.attempt == attempt else known
