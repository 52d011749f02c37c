"""The outbox of a PostgreSQL source: the table `tidemark_outbox`, which a trigger writes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from shared.loading.errors import SourceUnavailable
from shared.operations.outbox import OutboxRow

_READ = "SELECT id, table_name, changed_at FROM tidemark_outbox ORDER BY id LIMIT {most:d}"
_REMOVE = "DELETE FROM tidemark_outbox WHERE id IN ({numbers})"


class PostgresOutbox:
    """Implements `shared.operations.outbox.Outbox`. Connects anew each time: it is asked seldom."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def read(self, most: int) -> Sequence[OutboxRow]:
        """Give the oldest rows that are committed, by number."""
        found = self._run(_READ.format(most=most), rows=True)
        return [OutboxRow(number=row[0], table=row[1], at=row[2]) for row in found]

    def remove(self, rows: Sequence[OutboxRow]) -> None:
        """Remove just these rows: one with a lower number may be committed later."""
        numbers = ", ".join(str(int(row.number)) for row in rows)
        self._run(_REMOVE.format(numbers=numbers), rows=False)

    def _run(self, statement: str, *, rows: bool) -> list[tuple[Any, ...]]:
        try:
            with dbapi.connect(self._uri) as connection, connection.cursor() as cursor:
                cursor.execute(statement)
                found = cursor.fetchall() if rows else []
                connection.commit()
        except Error as error:
            # The driver's text names host and database; a password is not in it.
            raise SourceUnavailable(f"the outbox cannot be used: {error}") from error
        return found
