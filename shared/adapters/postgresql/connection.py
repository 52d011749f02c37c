"""One connection to a PostgreSQL server: statements with bound values, and streamed queries."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pyarrow as pa
from adbc_driver_manager import Error, dbapi
from adbc_driver_manager._reader import AdbcRecordBatchReader
from adbc_driver_postgresql import StatementOptions
from adbc_driver_postgresql.dbapi import connect as dial

from shared.adapters.postgresql.faults import translate_refusal, translated
from shared.loading.errors import CredentialRejected

BATCH_BYTES = 16_000_000

_ROWS_OPTIONS = {StatementOptions.USE_COPY.value: "false"}
_STREAM_OPTIONS = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}

# A host that does not answer, or that goes away in the middle, is noticed within a minute. Put
# before the URI's own parameters, which win.
_PATIENCE = "connect_timeout=10&keepalives_idle=30&keepalives_interval=10&keepalives_count=3"

# Values have one text, whatever the login's defaults are. A policy that would hide rows from this
# login is an error (row_security). Of the timeouts, that of statements is for metadata: reading a
# table lifts it. That of locks stays: a load that comes while a table is altered tries again later.
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
    ('extra_float_digits', '1'),
    ('bytea_output', 'hex'),
    ('statement_timeout', '60s'),
    ('lock_timeout', '30s'),
    ('idle_in_transaction_session_timeout', '0'),
    ('idle_session_timeout', '0'),
    ('transaction_timeout', '0')
) AS wanted (name, setting)
WHERE name IN (SELECT name FROM pg_settings)
"""


class Stream:
    """The batches of one running query, in the types that ADBC gives them."""

    def __init__(self, reader: AdbcRecordBatchReader) -> None:
        self._reader = reader
        self.running = True

    @property
    def schema(self) -> pa.Schema:
        """The columns on the wire."""
        return self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Give batch after batch. An error of the source or the connection is raised, never an end."""
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> pa.RecordBatch | None:
        with translated():
            try:
                return self._reader.read_next_batch()
            except StopIteration:
                self.running = False
                return None
            except (Error, OSError):
                self.running = False
                raise


class Connection:
    """A connection in autocommit mode; transactions are begun and ended by statements."""

    def __init__(self, adbc: dbapi.Connection) -> None:
        self._adbc = adbc

    def rows(self, sql: str, *parameters: str) -> list[dict[str, Any]]:
        """Run one statement and give its rows. Its parameters are texts, `$1` and so on."""
        with translated(), self._adbc.cursor(adbc_stmt_kwargs=_ROWS_OPTIONS) as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetch_arrow_table().to_pylist()

    @contextmanager
    def stream(self, sql: str) -> Generator[Stream]:
        """Run one query by COPY, which takes no parameters. Left early, the query is cancelled."""
        with closing(self._adbc.cursor(adbc_stmt_kwargs=_STREAM_OPTIONS)) as cursor:
            with translated():
                cursor.execute(sql)
                handle = cursor.fetch_arrow()
                # Only this reader keeps the SQLSTATE of an error in mid-stream.
                reader = AdbcRecordBatchReader._import_from_c(handle.address)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            stream = Stream(reader)
            try:
                yield stream
            finally:
                if stream.running:
                    with translated():
                        self._adbc.adbc_cancel()
                reader.close()


@contextmanager
def open_connection(uri: str) -> Generator[Connection]:
    """Connect and settle how values are written.

    Raises:
        CredentialRejected: the server refused the login, or `uri` is not one.
        SourceThrottled: the server has no connection left.
        SourceUnavailable: the server does not answer.
    """
    with closing(_dial(uri)) as adbc:
        connection = Connection(adbc)
        connection.rows(_SETTINGS)
        yield connection


def _dial(uri: str) -> dbapi.Connection:
    address, _, parameters = uri.partition("?")
    if not address.startswith(("postgresql://", "postgres://")):
        raise CredentialRejected("the connection string is not a postgresql:// URI")
    try:
        return dial(f"{address}?{_PATIENCE}&{parameters}".rstrip("&"), autocommit=True)
    except Error as error:
        refusal = translate_refusal(error)
    # Outside the handler: the driver's own text may hold the password.
    raise refusal
