"""Translates what ADBC raises into the errors of a load, by SQLSTATE."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

from adbc_driver_manager import AdbcStatusCode, Error

from shared.loading.errors import (
    ColumnMissing,
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
    ValueUnsupported,
)

# Longest prefix first; see "PostgreSQL Error Codes" in the PostgreSQL documentation.
_BY_SQLSTATE: tuple[tuple[str, type[IngestError]], ...] = (
    ("53300", SourceThrottled),  # too many connections
    ("55P03", SourceThrottled),  # a lock was not granted in time
    ("57014", SourceThrottled),  # cancelled, by a timeout or by an operator
    ("22021", ValueUnsupported),  # a text that is not valid in its own encoding
    ("22P05", ValueUnsupported),  # a character that UTF-8 lacks
    ("42P01", TableMissing),
    ("42501", TableMissing),  # no privilege
    ("3F000", TableMissing),  # no such schema
    ("42703", ColumnMissing),
    ("3D000", CredentialRejected),  # no such database: the setting is at fault as well
    ("25P0", SourceUnavailable),  # ended for idling in a transaction
    ("57P", SourceUnavailable),  # shut down, crashed, starting up
    ("08", SourceUnavailable),
    ("28", CredentialRejected),
    ("40", SourceUnavailable),  # deadlock, or a conflict with a standby's recovery
    ("53", SourceUnavailable),
    ("58", SourceUnavailable),
)

# A refused connection has no SQLSTATE, only libpq's text.
_THROTTLED = re.compile(r"too many (clients|connections)|remaining connection slots", re.IGNORECASE)
_REJECTED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|not permitted to log in"
    r"|permission denied for database|(role|database) \".*\" does not exist",
    re.IGNORECASE,
)
# Only these texts are about the network or come from the server. What libpq says about the URI
# itself quotes pieces of it, and a password may be among them.
_REPEATABLE = re.compile(r"(connection to server|could not translate host name).*", re.DOTALL)


@contextmanager
def translated() -> Generator[None]:
    """Raise ADBC's errors as the errors of a load."""
    try:
        yield
    except Error as error:
        raise _translate(error) from error
    except OSError as error:
        raise SourceUnavailable(_one_line(str(error))) from error


def translate_refusal(error: Error) -> IngestError:
    """Give the error of a connection that did not come about. Repeats nothing of the URI's own text."""
    if error.sqlstate:
        return _translate(error)
    found = _REPEATABLE.search(str(error))
    if found is None:
        return CredentialRejected("the connection string is not a valid postgresql:// URI")
    text = _one_line(found[0])
    if _THROTTLED.search(text):
        return SourceThrottled(text)
    return CredentialRejected(text) if _REJECTED.search(text) else SourceUnavailable(text)


def _translate(error: Error) -> IngestError:
    state = error.sqlstate
    if state is None:
        lost = error.status_code == AdbcStatusCode.IO
        return (SourceUnavailable if lost else QueryRefused)(_one_line(str(error)))
    text = f"{_primary(error)} (SQLSTATE {state})"
    for prefix, kind in _BY_SQLSTATE:
        if state.startswith(prefix):
            return kind(text)
    return QueryRefused(text)


def _primary(error: Error) -> str:
    for name, value in error.details:
        # The driver manager declares the name a text and gives bytes.
        if "PG_DIAG_MESSAGE_PRIMARY" in str(name):
            return _one_line(value.decode())
    return _one_line(str(error))


def _one_line(text: str) -> str:
    return " ".join(text.split())
