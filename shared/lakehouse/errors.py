"""What can go wrong between a published run and the lakehouse. The docstring of a class is the remedy."""

from __future__ import annotations

from shared.loading.errors import ConflictError, PermanentError, TransientError


class WorkspaceUnavailable(TransientError):
    """The Databricks workspace does not answer or is busy; it is asked again."""


class WorkspaceRefused(PermanentError):
    """Repair `TIDEMARK_DATABRICKS_TOKEN`, or grant the app's identity CAN MANAGE RUN on the job; then ask for a refresh."""


class JobUnknown(PermanentError):
    """Set `TIDEMARK_LAKEHOUSE_JOB` to the id of a job of the workspace; then ask for a refresh."""


class JobRunUnknown(PermanentError):
    """The job run was deleted in the workspace. Ask for a refresh: the same hand-over is taken up again."""


class JobRefused(PermanentError):
    """The workspace refuses what it was asked, as the message says. Repair the job, then ask for a refresh."""


class RefreshFailed(PermanentError):
    """See the run page for why. The next refresh takes the same hand-over up again: nothing is lost."""


class RefreshSkipped(PermanentError):
    """The workspace skipped every start: raise the job's `max_concurrent_runs`, let it queue, or end its other runs; then ask for a refresh."""


class RefreshCancelled(PermanentError):
    """Nothing to do: it was cancelled. The next refresh takes the same hand-over up again."""


class HandOverDamaged(PermanentError):
    """A hand-over file never changes. Restore the file that the message names from the lake's versions."""


class LakehouseUnset(ConflictError):
    """Set `TIDEMARK_LAKEHOUSE_JOB` and `TIDEMARK_DATABRICKS_HOST`: without a job nothing is handed over."""


class RefreshUnknown(PermanentError):
    """List what there is with `GET /api/refreshes`."""
