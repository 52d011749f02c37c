"""mssql-python: rows of SQL Server in Arrow blocks, by a package that brings its driver and needs no other.

It is used where it is installed, for columns whose values it keeps in the form in which they travel:
numbers, texts and bytes. Dates and times would lose their seventh digit, an offset its zone, and a time that
is none would become midnight; dialects have them travel as numbers or texts, and what does not goes over ODBC.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from typing import Any

import pyarrow as pa

from shared.adapters.odbc import libraries
from shared.adapters.odbc.address import Address
from shared.adapters.odbc.dialect import Column, Relation
from shared.adapters.odbc.faults import Faults, one_line
from shared.adapters.odbc.links import LOGIN_SECONDS, Dial, Link, dial_arrow, dial_rows
from shared.adapters.odbc.wire import cast_array
from shared.loading.errors import CredentialRejected, IngestError, SchemaDrifted

# Values of any length come in smaller blocks: a block has to fit into memory.
_LONG_ROWS = 256
# Of values of bounded length, 8,000 bytes at most.
_BLOCK_ROWS = 4_096
# What the package sets itself or does not know; of all of them its defaults are what sessions need.
_NOT_ITS_OWN = (
    "driver",
    "app",
    "mars_connection",
    "autotranslate",
    "regional",
    "ansinpw",
    "quotedid",
)
# The states by which errors are told apart (shared.adapters.odbc.faults). Of an error the package keeps
# its own text for the state alone.
_STATES = (
    *("42S02", "42S22", "HYT00", "HYT01", "HY008", "01004", "22001", "22003", "22007", "22008"),
    *("22012", "22018", "08001", "08003", "08004", "08007", "08S01", "28000", "40001", "40003"),
)
_NAMED_STATE = re.compile(r"SQLSTATE code: (\w{5})")


def is_there() -> bool:
    """Say whether the package is installed."""
    return importlib.util.find_spec("mssql_python") is not None


def find_lossy(relation: Relation) -> tuple[str, ...]:
    """Name the columns whose values the package would not give as they travel."""
    return tuple(column.name for column in relation.columns if not _keeps(column))


def choose_dial(relation: Relation | None) -> Dial:
    """Say how to connect: for a relation's rows, or without one for metadata.

    Metadata goes over ODBC where that is installed, as its errors have numbers there.

    Raises:
        CredentialRejected: neither is installed, or one that a column needs is not. Says what to install.
    """
    with_odbc, with_package = libraries.MISSING is None, is_there()
    lossy = find_lossy(relation) if relation is not None else ()
    blocks = relation is not None and relation.bounded
    if with_package and not lossy and (blocks or not with_odbc):
        return dial_native if blocks or relation is None else dial_native_long
    if with_odbc:
        return dial_arrow if blocks else dial_rows
    if lossy:
        raise CredentialRejected(
            f"{libraries.MISSING}; mssql-python alone would change values of {', '.join(lossy)}"
        )
    raise CredentialRejected(f"{libraries.MISSING}; or install the package mssql-python")


def tell_lossy(relation: Relation) -> tuple[str, ...]:
    """Say in words which columns keep a table from being read by the package, where it is installed."""
    lossy = find_lossy(relation) if is_there() else ()
    if not lossy:
        return ()
    return (f"read over ODBC, as mssql-python would change values of {', '.join(lossy)}",)


class NativeLink:
    """One connection of the package. Implements `shared.adapters.odbc.links.Link`."""

    def __init__(self, connection: Any, faults: Faults, at_once: int) -> None:
        self._connection, self._faults, self._at_once = connection, faults, at_once

    def rows(self, sql: str, *parameters: str | None) -> list[dict[str, Any]]:
        with translated(self._faults), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, *([parameters] if parameters else []))
            names = [column[0] for column in cursor.description or ()]
            return (
                [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []
            )

    @contextmanager
    def stream(
        self, sql: str, parameters: Sequence[str], wire: pa.Schema
    ) -> Generator[Iterator[pa.RecordBatch]]:
        with translated(self._faults):
            cursor = self._connection.cursor()
        try:
            with translated(self._faults):
                cursor.execute(sql, *([tuple(parameters)] if parameters else []))
                # Kept by name: a reader that nobody holds closes itself, and then gives no row.
                reader = cursor.arrow_reader(batch_size=self._at_once)
            _check_wire(reader.schema, wire)
            with closing(self._batches(reader, wire)) as batches:
                yield batches
        finally:
            # On a connection that is gone already there is nothing to close.
            with suppress(_package().Error):
                cursor.close()

    def close(self) -> None:
        with suppress(_package().Error):
            self._connection.close()

    def _batches(self, reader: Any, wire: pa.Schema) -> Generator[pa.RecordBatch]:
        batches = iter(reader)
        while True:
            with translated(self._faults):
                batch = next(batches, None)
            if batch is None:
                return
            pairs = zip(batch.columns, wire, strict=True)
            yield pa.RecordBatch.from_arrays([_cast(*pair) for pair in pairs], schema=wire)


def dial_native(address: Address, faults: Faults) -> Link:
    """Connect for rows in blocks. Raises CredentialRejected, SourceThrottled, SourceUnavailable."""
    return _dial(address, faults, _BLOCK_ROWS)


def dial_native_long(address: Address, faults: Faults) -> Link:
    """Connect for rows with values of any length; raises as `dial_native`."""
    return _dial(address, faults, _LONG_ROWS)


def _dial(address: Address, faults: Faults, at_once: int) -> Link:
    if "dsn" in address and libraries.MISSING is None:
        # Only the driver manager knows a data source by its name.
        return dial_rows(address, faults) if at_once == _LONG_ROWS else dial_arrow(address, faults)
    package = _package()
    kept = {n: v for n, v in address.attributes.items() if n.lower() not in _NOT_ITS_OWN}
    text = Address(attributes=kept).text()

    def dial() -> Any:
        with translated(faults):
            return package.connect(text, autocommit=True, timeout=LOGIN_SECONDS)

    return NativeLink(faults.connected(dial, address.secrets), faults, at_once)


@contextmanager
def translated(faults: Faults) -> Generator[None]:
    """Raise the package's errors as the errors of a load."""
    package = _package()
    try:
        yield
    except package.ConnectionStringParseError as error:
        raise CredentialRejected(one_line(str(error))) from error
    except package.Error as error:
        raise _translate(error, faults) from error


def _translate(error: Any, faults: Faults) -> IngestError:
    told = str(getattr(error, "driver_error", ""))
    named = _NAMED_STATE.search(told)
    state = named[1] if named else _states().get(told, "HY000")
    return faults.of_state(state, str(getattr(error, "ddbc_error", "")) or str(error))


@cache
def _states() -> dict[str, str]:
    """Give the states by the texts that the package has for them."""
    find: Callable[[str, str], Any] = _package().exceptions.sqlstate_to_exception
    return {
        str(find(state, "").driver_error): state for state in reversed(_STATES) if find(state, "")
    }


@cache
def _package() -> Any:
    # Imported here: it is an extra, and loads a driver.
    import mssql_python  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    # Its connections' settings and transactions must not outlive their session.
    mssql_python.pooling(enabled=False)
    return mssql_python


def _keeps(column: Column) -> bool:
    kind = column.landing.wire
    return (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_float64(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_string(kind)
        or pa.types.is_binary(kind)
    )


def _check_wire(given: pa.Schema, wire: pa.Schema) -> None:
    if len(given) != len(wire):
        raise SchemaDrifted(f"{len(given)} columns were streamed, not {len(wire)}")


def _cast(array: pa.Array, field: pa.Field) -> pa.Array:
    if pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type):
        array = array.cast(pa.string() if pa.types.is_large_string(array.type) else pa.binary())
    alike = (pa.types.is_string, pa.types.is_binary, pa.types.is_decimal, pa.types.is_floating)
    if any(is_of(array.type) != is_of(field.type) for is_of in alike):
        raise SchemaDrifted(
            f"column {field.name} was streamed as {array.type}, not as {field.type}"
        )
    return cast_array(array, field)
