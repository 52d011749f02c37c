"""What PostgreSQL's error codes and refusals mean to a load, whichever driver reports them."""

from __future__ import annotations

import re

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
KINDS: tuple[tuple[str, type[IngestError]], ...] = (
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

# A refused connection has no SQLSTATE of PostgreSQL's, only libpq's text.
_THROTTLED = re.compile(r"too many (clients|connections)|remaining connection slots", re.IGNORECASE)
_REJECTED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|not permitted to log in"
    r"|permission denied for database|(role|database) \".*\" does not exist",
    re.IGNORECASE,
)
# Only these texts are about the network or come from the server. What libpq says about the
# address itself quotes pieces of it, and a password may be among them.
_REPEATABLE = re.compile(r"(connection to server|could not translate host name).*", re.DOTALL)


def find_kind(state: str) -> type[IngestError]:
    """Say what an SQLSTATE means to a load."""
    return next((kind for prefix, kind in KINDS if state.startswith(prefix)), QueryRefused)


def judge_refusal(text: str) -> IngestError | None:
    """Give the error of a connection that did not come about, None if its text must not be shown."""
    found = _REPEATABLE.search(text)
    if found is None:
        return None
    shown = one_line(found[0])
    if _THROTTLED.search(shown):
        return SourceThrottled(shown)
    return CredentialRejected(shown) if _REJECTED.search(shown) else SourceUnavailable(shown)


def one_line(text: str) -> str:
    """Give a text on one line."""
    return " ".join(text.split())
