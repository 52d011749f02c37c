"""A connection over ADBC, which reads PostgreSQL's binary form into Arrow."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pyarrow as pa
from adbc_driver_manager import Error, dbapi
from adbc_driver_manager._reader import AdbcRecordBatchReader
from adbc_driver_postgresql import StatementOptions
from adbc_driver_postgresql.dbapi import connect

from shared.adapters.postgresql.faults import translate_refusal, translated
from shared.adapters.postgresql.schema import check_wire
from shared.loading.errors import CredentialRejected

# Several times that is held on the way; larger batches are not read any faster.
BATCH_BYTES = 2_000_000

_ROWS_OPTIONS = {StatementOptions.USE_COPY.value: "false"}
_STREAM_OPTIONS = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}

# A host that does not answer, or that goes away in the middle, is noticed within a minute. Put
# before the URI's own parameters, which win.
_PATIENCE = "connect_timeout=10&keepalives_idle=30&keepalives_interval=10&keepalives_count=3"


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


class AdbcConnection:
    """The port over ADBC."""

    def __init__(self, adbc: dbapi.Connection) -> None:
        self._adbc = adbc

    def rows(self, sql: str, *parameters: str) -> list[dict[str, Any]]:
        with translated(), self._adbc.cursor(adbc_stmt_kwargs=_ROWS_OPTIONS) as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetch_arrow_table().to_pylist()

    @contextmanager
    def stream(self, sql: str, wire: pa.Schema) -> Generator[Iterator[pa.RecordBatch]]:
        with closing(self._adbc.cursor(adbc_stmt_kwargs=_STREAM_OPTIONS)) as cursor:
            with translated():
                # By COPY, which is what takes no parameters.
                cursor.execute(sql)
                handle = cursor.fetch_arrow()
                # Only this reader keeps the SQLSTATE of an error in mid-stream.
                reader = AdbcRecordBatchReader._import_from_c(handle.address)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            stream = Stream(reader)
            try:
                check_wire(stream.schema, wire)
                yield iter(stream)
            finally:
                if stream.running:
                    with translated():
                        self._adbc.adbc_cancel()
                reader.close()


@contextmanager
def dial(uri: str) -> Generator[AdbcConnection]:
    """Connect to the server of a `postgresql://` URI.

    Raises CredentialRejected, SourceThrottled, SourceUnavailable.
    """
    with closing(_connect(uri)) as adbc:
        yield AdbcConnection(adbc)


def _connect(uri: str) -> dbapi.Connection:
    address, _, parameters = uri.partition("?")
    if not address.startswith(("postgresql://", "postgres://")):
        raise CredentialRejected("the connection string is not a postgresql:// URI")
    try:
        return connect(f"{address}?{_PATIENCE}&{parameters}".rstrip("&"), autocommit=True)
    except Error as error:
        refusal = translate_refusal(error)
    # Outside the handler: the driver's own text may hold the password.
    raise refusal
