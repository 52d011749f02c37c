"""What is to be done next with a job run, from what is seen of it. Nothing here asks anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.lakehouse.errors import RefreshCancelled, RefreshFailed
from shared.lakehouse.workspace import JobRun
from shared.loading.errors import Failure

Decision = Literal["wait", "repair", "again", "succeeded", "failed", "cancelled"]

REFRESH_INSTANCE = "refresh-lakehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is to be done, and the error that it would end with."""

    decision: Decision
    error: Failure | None = None


def decide(run: JobRun, *, refused: bool, cancel: bool) -> Observation:
    """Say what follows from a job run.

    A failed run is repaired once. That it was is told by its own history alone, so that whoever
    repeats the question repairs nothing twice.

    Args:
        run: as the workspace shows it now.
        refused: the workspace has refused to repair it.
        cancel: somebody has asked for the refresh to end.
    """
    if run.life == "active":
        return Observation(decision="wait")
    if run.result == "success":
        return Observation(decision="succeeded")
    if cancel or run.result == "cancelled":
        by = "on request" if cancel else "in the workspace"
        failure = RefreshCancelled(f"job run {run.run_id} was cancelled {by}").failure
        return Observation(decision="cancelled", error=failure)
    if run.life == "skipped":
        return Observation(decision="again")
    if not refused and not run.repairs:
        return Observation(decision="repair")
    return Observation(decision="failed", error=RefreshFailed(_sentence(run)).failure)


def _sentence(run: JobRun) -> str:
    """Say which tasks failed. What they wrote stays with the tasks: it may hold values of rows."""
    broken = [task.task for task in run.tasks if task.message]
    which = f"task {', '.join(broken)} of job run" if broken else "job run"
    after = "also after a repair" if run.repairs else "and could not be repaired"
    return f"{which} {run.run_id} failed, {after}"
