"""Keeps what a source says of values out of errors, where some of them are secret."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

from shared.catalog import TableSpec
from shared.loading.errors import IngestError, QueryRefused, Unexpected, ValueUnsupported

_COLUMN = re.compile(r"column (?P<name>.+?): ", re.DOTALL)
_STATE = re.compile(r"\(SQLSTATE \w{5}\)$")
_LEFT_OUT = "what was said is left out, as it may hold values of masked columns"


@contextmanager
def discreet(spec: TableSpec) -> Generator[None]:
    """Let errors pass without values of a table that has masked columns.

    A view may fail with a value in the words of its server, a library with one in those of its own.

    Raises:
        QueryRefused, ValueUnsupported: without the words of the source.
        Unexpected: in place of an error of Arrow, or of a value that is refused by Python itself.
        Other errors as they come: they are of the table or the connection.
    """
    if not spec.columns.mask:
        yield
        return
    # Imported here: an order of a load needs none, and a worker begins without it.
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield
    except (QueryRefused, ValueUnsupported) as error:
        told = _discreet(spec, error)
    except (pa.ArrowException, ValueError) as error:
        told = Unexpected(f"{spec.name}: {type(error).__name__}: {_LEFT_OUT}")
    else:
        return
    # From nothing: the log would have what it came from.
    raise told from None


def _discreet(spec: TableSpec, error: IngestError) -> IngestError:
    words = str(error)
    column, state = _COLUMN.match(words), _STATE.search(words)
    if isinstance(error, ValueUnsupported) and column:
        masked = {name.casefold() for name, _ in spec.columns.mask}
        if column["name"].casefold() not in masked:
            return error.with_traceback(None)
        return ValueUnsupported(f"column {column['name']}: {_LEFT_OUT}")
    return type(error)(f"{spec.name}: {_LEFT_OUT}{f' {state[0]}' if state else ''}")
