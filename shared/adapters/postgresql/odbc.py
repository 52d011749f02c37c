"""A connection over ODBC, for workers that have PostgreSQL's ODBC driver (psqlodbc) or must use it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from itertools import chain
from typing import Any

import pyarrow as pa

from shared.adapters.odbc.address import Address, parse_address
from shared.adapters.odbc.faults import Faults
from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.links import RowLink, dial_rows
from shared.adapters.postgresql.lines import PIECE_BYTES, read_lines, write_lines
from shared.adapters.postgresql.sqlstates import KINDS, judge_refusal
from shared.loading.errors import (
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceUnavailable,
)

# Fetched at a time: 8 MB at most, whatever the rows hold. On its way here it is several times that.
_PIECES = 8_000_000 // PIECE_BYTES
_CURSOR = "tidemark"
_FETCH = f"FETCH {_PIECES} FROM {_CURSOR}"
_CANCEL_SECONDS = 0.2
_PARAMETER = re.compile(r"\$(\d+)")

# The last entry has everything that is not named before it refused as the source said it, where
# ODBC's own table would take any error of data for a value that cannot land.
_FAULTS = Faults(states={**dict(KINDS), "HYT": SourceUnavailable, "": QueryRefused})

# Set whatever the user wrote: truth values come as such, every statement is allowed and sent with its
# values apart, rows come in the pieces that are asked for, and no statement gets a savepoint of its
# own. The driver takes the last of what it finds, by short names too.
_SETTLED = {
    "BoolsAsChar": "0",
    "TrueIsMinus1": "0",
    "ReadOnly": "0",
    "UseServerSidePrepare": "1",
    "UseDeclareFetch": "0",
    "Protocol": "7.4-0",
}
# A host that goes away in the middle is noticed within a minute.
_PATIENCE = {"pqopt": "{keepalives_idle=30 keepalives_interval=10 keepalives_count=3}"}


class OdbcConnection:
    """The port over ODBC."""

    def __init__(self, link: RowLink) -> None:
        self._link = link

    def rows(self, sql: str, *parameters: str) -> list[dict[str, Any]]:
        if not parameters:
            return self._link.rows(sql)
        # ODBC counts parameters where they stand. No name is quoted into a statement that has any.
        places = [int(number) - 1 for number in _PARAMETER.findall(sql)]
        return self._link.rows(_PARAMETER.sub("?", sql), *(parameters[place] for place in places))

    @contextmanager
    def stream(self, sql: str, wire: pa.Schema) -> Generator[Iterator[pa.RecordBatch]]:
        self.rows(f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {write_lines(sql, wire)}")
        with closing(self._fetch_ahead()) as fetched:
            yield read_lines(fetched, wire)
        # One that was cancelled has ended its transaction, and with it the cursor.
        with suppress(IngestError):
            self.rows(f"CLOSE {_CURSOR}")

    def _fetch_ahead(self) -> Generator[list[bytes]]:
        """Fetch to the end, the next pieces while those at hand are worked on."""
        with self._link.faults.translated():
            cursor = self._link.raw.cursor()
        with ThreadPoolExecutor(max_workers=1) as ahead:
            coming = ahead.submit(self._fetch, cursor)
            try:
                while pieces := coming.result():
                    coming = ahead.submit(self._fetch, cursor)
                    yield pieces
            finally:
                _end(cursor, coming)

    def _fetch(self, cursor: pyodbc.Cursor) -> list[bytes]:
        with self._link.faults.translated():
            return [*chain.from_iterable(cursor.execute(_FETCH).fetchall())]


def _end(cursor: pyodbc.Cursor, fetching: Future[list[bytes]]) -> None:
    """Cancel a fetch that still runs, and wait until it has ended."""
    # Again and again: a request that comes before its statement does nothing, as one that fails.
    while not fetching.done():
        with suppress(pyodbc.Error):
            cursor.cancel()
        wait([fetching], timeout=_CANCEL_SECONDS)
    # On a connection that is gone there is nothing to close.
    with suppress(pyodbc.Error):
        cursor.close()


@contextmanager
def dial(connection: str) -> Generator[OdbcConnection]:
    """Connect to the server of an ODBC connection string.

    Raises CredentialRejected, SourceThrottled, SourceUnavailable.
    """
    address = parse_address(connection).settled(_SETTLED).completed(_PATIENCE)
    with closing(_connect(address)) as link:
        yield OdbcConnection(link)


def _connect(address: Address) -> RowLink:
    try:
        return dial_rows(address, _FAULTS)
    except SourceUnavailable as error:
        refusal: IngestError = judge_refusal(str(error)) or CredentialRejected(
            "the ODBC connection string holds an option that PostgreSQL's driver does not take"
        )
    # Outside the handler: the driver's own text may hold the password.
    raise refusal
