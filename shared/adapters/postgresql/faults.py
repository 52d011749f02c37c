"""Translates what ADBC raises into the errors of a load, by SQLSTATE."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from adbc_driver_manager import AdbcStatusCode, Error

from shared.adapters.postgresql.sqlstates import find_kind, judge_refusal, one_line
from shared.loading.errors import (
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceUnavailable,
)

# The driver asks for versions and types as soon as it is connected; the address was right, then.
_DRIVERS_QUESTION = "Failed to execute query"


@contextmanager
def translated() -> Generator[None]:
    """Raise ADBC's errors as the errors of a load."""
    try:
        yield
    except Error as error:
        raise _translate(error) from error
    except OSError as error:
        raise SourceUnavailable(one_line(str(error))) from error


def translate_refusal(error: Error) -> IngestError:
    """Give the error of a connection that did not come about. Repeats nothing of the URI's own text."""
    if error.sqlstate:
        return _translate(error)
    if _DRIVERS_QUESTION in str(error):
        return SourceUnavailable("the connection broke while it was being set up")
    return judge_refusal(str(error)) or CredentialRejected(
        "the connection string is not a valid postgresql:// URI"
    )


def _translate(error: Error) -> IngestError:
    state = error.sqlstate
    if state is None:
        lost = error.status_code == AdbcStatusCode.IO
        return (SourceUnavailable if lost else QueryRefused)(one_line(str(error)))
    return find_kind(state)(f"{_primary(error)} (SQLSTATE {state})")


def _primary(error: Error) -> str:
    for name, value in error.details:
        # The driver manager declares the name a text and gives bytes.
        if "PG_DIAG_MESSAGE_PRIMARY" in str(name):
            return one_line(value.decode())
    return one_line(str(error))
