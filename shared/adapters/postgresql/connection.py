"""One connection to a PostgreSQL server: statements with bound values, and streamed queries."""

# Each driver is imported where it is needed: a worker has the libraries of one of them at least.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pyarrow as pa

# Values have one text, whatever the login's defaults are. A policy that would hide rows from this
# login is an error (row_security). Of the timeouts, that of statements is for metadata: reading a
# table lifts it. That of locks stays: a load that comes while a table is altered tries again later.
# A cursor is read to its end, so it is planned for that; nothing is compiled for what is only read.
_SETTINGS = """
SELECT set_config(name, setting, false)
FROM (VALUES
    ('application_name', 'tidemark'),
    ('client_encoding', 'UTF8'),
    ('default_transaction_read_only', 'on'),
    ('row_security', 'off'),
    ('TimeZone', 'UTC'),
    ('DateStyle', 'ISO, YMD'),
    ('IntervalStyle', 'iso_8601'),
    ('extra_float_digits', '3'),
    ('bytea_output', 'hex'),
    ('cursor_tuple_fraction', '1'),
    ('jit', 'off'),
    ('statement_timeout', '60s'),
    ('lock_timeout', '30s'),
    ('idle_in_transaction_session_timeout', '0'),
    ('idle_session_timeout', '0'),
    ('transaction_timeout', '0')
) AS wanted (name, setting)
WHERE name IN (SELECT name FROM pg_settings)
"""


class Connection(Protocol):
    """A connection in autocommit mode; transactions are begun and ended by statements.

    Whichever driver it goes over, the same statements give the same values.
    """

    def rows(self, sql: str, *parameters: str) -> list[dict[str, Any]]:
        """Run one statement and give its rows. Its parameters are texts, `$1` and so on."""
        ...

    def stream(self, sql: str, wire: pa.Schema) -> AbstractContextManager[Iterator[pa.RecordBatch]]:
        """Run one query without parameters in the transaction that is open.

        Its batches have the types of `wire`; SchemaDrifted names the column that does not. Left
        early, the query is cancelled. While iterating, an error of the source or the connection is
        raised and never looks like the end.
        """
        ...


@contextmanager
def open_connection(address: str) -> Generator[Connection]:
    """Connect and settle how values are written.

    A `postgresql://` URI goes over ADBC, an ODBC connection string over the driver that it names.

    Raises:
        CredentialRejected: the server refused the login, or `address` is neither of the two.
        SourceThrottled: the server has no connection left.
        SourceUnavailable: the server does not answer.
    """
    with _dial(address) as connection:
        connection.rows(_SETTINGS)
        yield connection


def _dial(address: str) -> AbstractContextManager[Connection]:
    if "://" in address.partition("=")[0]:
        from shared.adapters.postgresql import adbc

        return adbc.dial(address)
    from shared.adapters.postgresql import odbc

    return odbc.dial(address)
