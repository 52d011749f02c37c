"""What Table Storage refuses, translated once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableTransactionError
from requests import RequestException

from shared.loading.errors import CredentialRejected, PermanentError, StateUnavailable

_REFUSED_LOGIN = (401, 403)
_TOO_LARGE = (400, 413)
_LOST_RACE = (404, 409, 412)


class RowModified(Exception):
    """Somebody else changed the row since it was read."""


class StateRefused(PermanentError):
    """Table Storage cannot hold what was to be written. Order fewer tables at once; else report it with the message."""


@contextmanager
def answering() -> Generator[None]:
    """Translate the SDK's errors once; conditions are handled where they are set."""
    try:
        yield
    except (ResourceExistsError, ResourceModifiedError):
        raise
    except ResourceNotFoundError as error:
        if _is_missing_table(error):
            # Not to be taken for a missing row, which means that nothing was ever loaded.
            raise StateUnavailable(f"Table Storage: {error.message}") from error
        raise
    except TableTransactionError as error:
        if error.status_code in _LOST_RACE:
            raise ResourceModifiedError(error.message, response=error.response) from error
        raise _translated(error) from error
    except AzureError as error:
        raise _translated(error) from error
    except RequestException as error:
        # A transaction's answer is read behind the pipeline, where the SDK translates nothing.
        raise StateUnavailable(f"Table Storage: {error}") from error


def _translated(error: AzureError) -> Exception:
    status = error.status_code if isinstance(error, HttpResponseError) else None
    said = f"Table Storage: {status or ''} {error.message}"
    if isinstance(error, ClientAuthenticationError) or status in _REFUSED_LOGIN:
        return CredentialRejected(said)
    return StateRefused(said) if status in _TOO_LARGE else StateUnavailable(said)


def _is_missing_table(error: ResourceNotFoundError) -> bool:
    return "TableNotFound" in str(error)


@contextmanager
def competing(partition: str) -> Generator[None]:
    """Say of a condition that did not hold that the row was modified."""
    try:
        with answering():
            yield
    except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
        raise RowModified(f"{partition} has changed") from error


@contextmanager
def regardless(partition: str) -> Generator[None]:
    """Say of a write without a condition, which met another inside the service, that it may be tried again."""
    try:
        yield
    except RowModified as error:
        raise StateUnavailable(
            f"Table Storage: another write of {partition} came between"
        ) from error


def place_of(error: RowModified, count: int) -> int | None:
    """Give the number of the operation that a transaction of `count` failed at: its message begins with it."""
    lost = error.__cause__
    number = str(lost.message).split(":", 1)[0] if isinstance(lost, AzureError) else ""
    return int(number) if number.isdecimal() and int(number) < count else None
