"""Translates what ODBC reports into the errors of a load, by native error and by SQLSTATE."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from shared.adapters.odbc.libraries import arrow_odbc, pyodbc
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

# Longest prefix first; see "Appendix A: ODBC Error Codes" in Microsoft's ODBC reference.
_BY_SQLSTATE: tuple[tuple[str, type[IngestError]], ...] = (
    ("42S02", TableMissing),
    ("42S22", ColumnMissing),
    ("HYT00", SourceUnavailable),  # no answer in time
    ("HYT01", SourceUnavailable),
    ("HY008", SourceThrottled),  # cancelled from outside
    ("IM002", CredentialRejected),  # no such data source or driver
    ("IM003", CredentialRejected),  # the driver's library does not load
    ("01004", ValueUnsupported),  # a value longer than its declared type
    ("22", ValueUnsupported),
    ("08", SourceUnavailable),
    ("28", CredentialRejected),
    ("40", SourceUnavailable),  # deadlock, serialisation failure
)

_PYODBC = re.compile(r"\((-?\d+)\)\s*\(SQL\w+\)")
_ARROW = re.compile(
    r"State: (?P<state>\w{5}), Native error: (?P<native>-?\d+), Message: (?P<text>.*)", re.DOTALL
)
# Drivers put the connection string, and with it a password, into some of their texts.
_SECRET = re.compile(
    r"\b(\w*(?:pwd|pass|secret|token|key)\w*)\s*=\s*(\{(?:[^}]|\}\})*\}?|[^;]*)", re.IGNORECASE
)
_VAGUE = "(SQLSTATE HY000)"
_HIDDEN = "***"

C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Which errors of an engine mean what. `native` wins over `states`, and both over the standard."""

    native: Mapping[int, type[IngestError]] = field(default_factory=dict[int, type[IngestError]])
    states: Mapping[str, type[IngestError]] = field(default_factory=dict[str, type[IngestError]])

    @contextmanager
    def translated(self) -> Generator[None]:
        """Raise ODBC's errors as the errors of a load."""
        try:
            yield
        except pyodbc.Error as error:
            raise self._from_pyodbc(error) from error
        except arrow_odbc.Error as error:
            raise self._from_arrow(error) from error
        except OSError as error:
            raise SourceUnavailable(one_line(str(error))) from error

    def connected(self, dial: Callable[[], C], secrets: Sequence[str]) -> C:
        """Give the connection that `dial` makes; raise what keeps it from being made.

        Nothing of `secrets` is in what is raised, nor in what led to it. A refusal that says
        nothing of its cause may pass; any other that cannot be placed is about the connection string.
        """
        try:
            with self.translated():
                return dial()
        except IngestError as error:
            kind = type(error)
            if isinstance(error, QueryRefused):
                vague = str(error).endswith(_VAGUE)
                kind = SourceUnavailable if vague else CredentialRejected
            refusal = kind(_without(secrets, str(error)))
        # Outside the handler: the driver's own text may hold the password.
        raise refusal

    def _from_pyodbc(self, error: pyodbc.Error) -> IngestError:
        state = str(error.args[0]) if error.args else ""
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        native = _PYODBC.search(text)
        return self.of_state(state, text, int(native[1]) if native else 0)

    def _from_arrow(self, error: arrow_odbc.Error) -> IngestError:
        found = _ARROW.search(str(error))
        if found is None:
            # What arrow-odbc itself refuses: a value longer than the driver said, a text that is none.
            return ValueUnsupported(one_line(str(error)))
        return self.of_state(found["state"], found["text"], int(found["native"]))

    def of_state(self, state: str, text: str, native: int = 0) -> IngestError:
        """Give the error that a driver's SQLSTATE and text mean, and its own number where it has one."""
        message = f"{one_line(text)} (SQLSTATE {state})"
        if native in self.native:
            return self.native[native](message)
        for table in (tuple(self.states.items()), _BY_SQLSTATE):
            for prefix, kind in table:
                if state.startswith(prefix):
                    return kind(message)
        return QueryRefused(message)


def one_line(text: str) -> str:
    """Give a driver's text on one line, without what may be a secret."""
    return " ".join(_SECRET.sub(r"\1=***", text).split())


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        # On one line, as the text is.
        text = text.replace(" ".join(secret.split()) or secret, _HIDDEN)
    return text
