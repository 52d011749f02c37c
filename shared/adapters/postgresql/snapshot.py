"""One state of a table that stands still while it is read."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from shared.adapters.postgresql import queries
from shared.adapters.postgresql.connection import Connection
from shared.adapters.postgresql.relation import Relation, describe
from shared.catalog import TableSpec
from shared.loading.errors import IngestError
from shared.loading.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An open transaction: the source's clock when it was opened, and the table as it stands in it."""

    read_at: str
    relation: Relation


@contextmanager
def open_snapshot(
    connection: Connection, table: TableSpec, span: Span, *, parts: int = 1, percent: float = 0
) -> Generator[Snapshot]:
    """Open a read-only transaction with one snapshot, the table locked before that is taken."""
    relation = describe(connection, table)
    with _transaction(connection):
        if relation.lockable:
            connection.rows(queries.lock(table))
        values = (span.after or "", span.upto or "", str(parts), repr(float(percent)))
        read_at = connection.rows(queries.OPEN, *values)[0]["clock"]
        # Once more: what was found before the lock may have been altered until it was taken.
        yield Snapshot(read_at=read_at, relation=describe(connection, table))


@contextmanager
def _transaction(connection: Connection) -> Generator[None]:
    connection.rows(queries.BEGIN)
    try:
        yield
    except BaseException:
        # The first error is the one to report; on a dead connection this is a second.
        with suppress(IngestError):
            connection.rows(queries.ROLLBACK)
        raise
    connection.rows(queries.ROLLBACK)
