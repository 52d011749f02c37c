"""Translates what the Databricks SDK raises into the errors of a refresh."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceConflict,
    Unauthenticated,
)
from databricks.sdk.errors.base import DatabricksError

from shared.lakehouse.errors import (
    JobRefused,
    JobRunUnknown,
    JobUnknown,
    WorkspaceRefused,
    WorkspaceUnavailable,
)
from shared.loading.errors import IngestError

_MOST = 300


@contextmanager
def translated(missing: type[JobUnknown | JobRunUnknown]) -> Generator[None]:
    """Raise the SDK's errors as ours; `missing` is what it means that there is no such thing.

    All of the SDK's errors, and those of the HTTP library below it, are OSError.
    """
    try:
        yield
    except OSError as error:
        raise _translate(error, missing) from error
    except ValueError as error:
        # The SDK's own settings contradict each other, or no login can be made of them.
        raise WorkspaceRefused(f"the workspace's address or login: {_said(error)}") from error


def _translate(error: OSError, missing: type[JobUnknown | JobRunUnknown]) -> IngestError:
    match error:
        case Unauthenticated() | PermissionDenied():
            return WorkspaceRefused(f"the workspace refuses the login: {_said(error)}")
        case NotFound():
            return missing(_said(error))
        case InvalidParameterValue() if "does not exist" in str(error):
            # How the Jobs API says that there is no such run.
            return missing(_said(error))
        case BadRequest() | ResourceConflict():
            return JobRefused(_said(error))
        case DatabricksError():
            return WorkspaceUnavailable(f"{type(error).__name__}: {_said(error)}")
        case _:
            return WorkspaceUnavailable(f"the workspace does not answer: {type(error).__name__}")


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:_MOST]
