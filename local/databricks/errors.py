"""What the workspace refuses, in the form in which Databricks says so."""

from __future__ import annotations

from http import HTTPStatus


class Refused(Exception):
    """A request that is answered with an error: HTTP status, error code and message."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class JobFileInvalid(Exception):
    """Repair the job file as the message says."""


def no_such_run(run_id: object) -> Refused:
    """Say that there is no such run, as the Jobs API does."""
    return Refused(
        HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER_VALUE", f"Run {run_id} does not exist."
    )


def no_such_job(job_id: object) -> Refused:
    """Say that there is no such job."""
    return Refused(HTTPStatus.NOT_FOUND, "RESOURCE_DOES_NOT_EXIST", f"Job {job_id} does not exist.")


def bad_request(message: str) -> Refused:
    """Say that a request makes no sense."""
    return Refused(HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)


def wrong_state(message: str) -> Refused:
    """Say that a run cannot be asked this as it stands."""
    return Refused(HTTPStatus.BAD_REQUEST, "INVALID_STATE", message)
