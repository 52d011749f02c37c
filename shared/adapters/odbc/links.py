"""Two ways to one server: rows as Python objects (pyodbc), and rows as Arrow batches (arrow-odbc)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import date, datetime, time
from sys import getsizeof
from typing import Any, Protocol

import pyarrow as pa

from shared.adapters.odbc.address import Address
from shared.adapters.odbc.faults import Faults, one_line
from shared.adapters.odbc.libraries import arrow_odbc, pyodbc
from shared.adapters.odbc.rawtimes import RAW_TYPES, text_of
from shared.adapters.odbc.wire import array_of, cast_array, fetched, harmless
from shared.loading.errors import CredentialRejected, SchemaDrifted, ValueUnsupported

BATCH_BYTES = 16_000_000
BATCH_ROWS = 20_000
LOGIN_SECONDS = 15
# What a statement of metadata may give: its rows at a time, and the length of a text in bytes.
_METADATA_ROWS = 100
_METADATA_BYTES = 65_536
# What stands in arrow-odbc's text where the driver reported the error.
_SQLSTATE = "State: "
# MariaDB's driver loses the last character of some wide texts with characters beyond U+FFFF.
_NARROW_DRIVER = "libmaodbc"

# Tidemark pools nothing: a connection's settings and transaction must not outlive their session.
pyodbc.pooling = False


class Link(Protocol):
    """One connection in autocommit mode; transactions are begun and ended by statements."""

    def rows(self, sql: str, *parameters: str | None) -> list[dict[str, Any]]:
        """Run one statement and give its rows, none for a statement without a result."""
        ...

    def stream(
        self, sql: str, parameters: Sequence[str], wire: pa.Schema
    ) -> AbstractContextManager[Iterator[pa.RecordBatch]]:
        """Run one query; its batches have exactly the schema `wire`.

        A date or time whose wire type is string comes as the text that the source wrote. Left
        early, the statement ends with the link: close it. While iterating, an error of the source
        or the connection is raised and never looks like the end; ValueUnsupported names the column
        whose value does not fit its wire type; SchemaDrifted says that columns differ in kind.
        """
        ...

    def close(self) -> None:
        """Disconnect. What still runs on the connection ends. Closing twice is allowed."""
        ...


class RowLink:
    """Rows one by one: slow, and able to take values of any length.

    Its `rows` are Python objects as pyodbc makes them, which is not always exact: a time loses its
    fraction, an unsigned number may turn negative, a date that is none may become None. Metadata
    asks for texts and numbers; `stream` guards what it gives.
    """

    def __init__(self, connection: pyodbc.Connection, faults: Faults) -> None:
        self._connection, self._faults = connection, faults

    @property
    def raw(self) -> pyodbc.Connection:
        """The connection itself, for the catalog functions of ODBC."""
        return self._connection

    @property
    def faults(self) -> Faults:
        """How its errors are translated."""
        return self._faults

    def rows(self, sql: str, *parameters: str | None) -> list[dict[str, Any]]:
        with self._faults.translated(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, *parameters)
            # None for a statement without a result, whatever pyodbc's stubs say.
            names = [column[0] for column in cursor.description or ()]
            if not names:
                return []
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextmanager
    def stream(
        self, sql: str, parameters: Sequence[str], wire: pa.Schema
    ) -> Generator[Iterator[pa.RecordBatch]]:
        with self._faults.translated():
            cursor = self._connection.cursor()
        try:
            with self._faults.translated():
                cursor.execute(sql, *parameters)
            with (
                self._texts_of_times(cursor, wire),
                closing(self._batches(cursor, wire)) as batches,
            ):
                yield batches
        finally:
            # On a connection that is gone already there is nothing to close.
            with suppress(pyodbc.Error):
                cursor.close()

    def close(self) -> None:
        # Closing a dead connection, or one twice, fails; it is closed all the same.
        with suppress(pyodbc.Error):
            self._connection.close()

    @contextmanager
    def _texts_of_times(self, cursor: pyodbc.Cursor, wire: pa.Schema) -> Generator[None]:
        """Have dates and times whose wire type is string read as they are, not as pyodbc's objects."""
        if len(cursor.description) != len(wire):
            raise SchemaDrifted(f"{len(cursor.description)} columns were streamed, not {len(wire)}")
        pairs = list(zip(cursor.description, wire, strict=True))
        kinds = {column[1] for column, field in pairs if pa.types.is_string(field.type)}
        raw = [code for kind in kinds & {date, datetime, time} for code in RAW_TYPES[kind]]
        for code in raw:
            self._connection.add_output_converter(code, text_of(code))
        try:
            yield
        finally:
            for code in raw:
                with suppress(pyodbc.Error):
                    self._connection.remove_output_converter(code)

    def _batches(self, cursor: pyodbc.Cursor, wire: pa.Schema) -> Generator[pa.RecordBatch]:
        # Only these have values of any length.
        long = [
            number
            for number, field in enumerate(wire)
            if pa.types.is_string(field.type) or pa.types.is_binary(field.type)
        ]
        rows: list[pyodbc.Row] = []
        size = 0
        with self._faults.translated():
            while (row := _fetch(cursor)) is not None:
                rows.append(row)
                size += sum(getsizeof(row[number]) for number in long)
                if size >= BATCH_BYTES or len(rows) == BATCH_ROWS:
                    yield _batch(rows, wire)
                    rows, size = [], 0
            if rows:
                yield _batch(rows, wire)


class ArrowLink:
    """Rows in blocks, straight into Arrow: fast, for columns of bounded length."""

    def __init__(self, connection: arrow_odbc.Connection, faults: Faults) -> None:
        self._connection: arrow_odbc.Connection | None = connection
        self._faults = faults

    def rows(self, sql: str, *parameters: str | None) -> list[dict[str, Any]]:
        with self._faults.translated():
            reader = self._open().read_arrow_batches(
                sql,
                parameters=list(parameters) or None,
                batch_size=_METADATA_ROWS,
                max_text_size=_METADATA_BYTES,
                max_binary_size=_METADATA_BYTES,
                map_schema=harmless,
                fetch_concurrently=False,
            )
            return [row for batch in reader for row in batch.to_pylist()]

    @contextmanager
    def stream(
        self, sql: str, parameters: Sequence[str], wire: pa.Schema
    ) -> Generator[Iterator[pa.RecordBatch]]:
        with self._faults.translated():
            reader = self._open().read_arrow_batches(
                sql,
                parameters=list(parameters) or None,
                batch_size=BATCH_ROWS,
                max_bytes_per_batch=BATCH_BYTES,
                map_schema=lambda inferred: fetched(inferred, wire),
            )
        batches = self._batches(reader, wire)
        # The statement ends with the last reference to its reader.
        del reader
        with closing(batches):
            yield batches

    def close(self) -> None:
        # arrow-odbc disconnects when the last reference goes.
        self._connection = None

    def _open(self) -> arrow_odbc.Connection:
        if self._connection is None:
            raise RuntimeError("the link is closed")
        return self._connection

    def _batches(
        self, reader: arrow_odbc.BatchReader, wire: pa.Schema
    ) -> Generator[pa.RecordBatch]:
        while True:
            with self._faults.translated(), _named(wire):
                batch = next(reader, None)
            if batch is None:
                return
            pairs = zip(batch.columns, wire, strict=True)
            yield pa.RecordBatch.from_arrays([cast_array(*pair) for pair in pairs], schema=wire)


def dial_rows(address: Address, faults: Faults) -> RowLink:
    """Connect for rows. Raises CredentialRejected, SourceThrottled, SourceUnavailable."""
    _check_driver(address)

    def dial() -> pyodbc.Connection:
        connection = pyodbc.connect(address.text(), autocommit=True, timeout=LOGIN_SECONDS)
        if str(connection.getinfo(pyodbc.SQL_DRIVER_NAME)).startswith(_NARROW_DRIVER):
            connection.setdecoding(pyodbc.SQL_WCHAR, encoding="utf-8", ctype=pyodbc.SQL_CHAR)
        return connection

    return RowLink(faults.connected(dial, address.secrets), faults)


def dial_arrow(address: Address, faults: Faults) -> ArrowLink:
    """Connect for Arrow batches. Raises CredentialRejected, SourceThrottled, SourceUnavailable."""
    _check_driver(address)

    def dial() -> arrow_odbc.Connection:
        return arrow_odbc.connect(address.text(), login_timeout_sec=LOGIN_SECONDS)

    return ArrowLink(faults.connected(dial, address.secrets), faults)


Dial = Callable[[Address, Faults], Link]


def _check_driver(address: Address) -> None:
    """Raise CredentialRejected if the driver named is not installed. A path is the driver manager's."""
    name = address.plain("driver")
    if name is None and "dsn" not in address:
        raise CredentialRejected("the ODBC connection string names no Driver (and no DSN)")
    if name is None or "/" in name:
        return
    installed = pyodbc.drivers()
    if name.lower() not in {each.lower() for each in installed}:
        known = ", ".join(sorted(installed)) or "none"
        raise CredentialRejected(
            f"the ODBC driver {name!r} is not installed on this worker (installed: {known})"
        )


@contextmanager
def _named(wire: pa.Schema) -> Generator[None]:
    """Name the columns that may hold the value that arrow-odbc refuses; it does not say which."""
    try:
        yield
    except arrow_odbc.Error as error:
        if _SQLSTATE in str(error):
            raise
        names = ", ".join(field.name for field in wire)
        raise ValueUnsupported(f"one of the columns {names}: {one_line(str(error))}") from error


def _fetch(cursor: pyodbc.Cursor) -> pyodbc.Row | None:
    try:
        return cursor.fetchone()
    except ValueError as error:
        raise ValueUnsupported(f"a value of the next row cannot be read: {error}") from error


def _batch(rows: Sequence[pyodbc.Row], wire: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [array_of(values, field) for values, field in zip(columns, wire, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=wire)
