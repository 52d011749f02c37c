"""Start the lakehouse's job for a hand-over."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.lakehouse.records import start_again, started
from shared.lakehouse.workspace import Workspace
from shared.runtime import wiring


@implements(steps.start_refresh)
def start_refresh(wanted: steps.JobWanted) -> steps.JobStarted:
    """Start one job run an attempt: its token finds the run again whose answer was lost.

    It is started also where an end was asked for: only the workspace knows whether the run exists.
    """
    app = wiring.app()
    number, attempt = wanted.number, wanted.attempt
    record = app.refreshes.change_refresh(number, lambda known: start_again(known, attempt - 1))
    run_id = record.job_run_id if record.attempt == attempt else None
    if run_id is None:
        workspace: Workspace = app.job_workspace
        run_id = workspace.start({"handover": record.path}, record.token_of(attempt))
        at = app.now().isoformat()
        app.refreshes.change_refresh(number, lambda known: started(known, attempt, run_id, at))
    return steps.JobStarted(number=number, attempt=attempt, run_id=run_id)
