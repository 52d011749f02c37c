"""Queries that stand for tables: for the time of a session each is a temporary view.

So the catalog describes it as any view, types and their modifiers included. The view is made of the very
text, in a transaction of its own, and goes with the session; the server lets every login make one, unless
TEMPORARY was revoked. As long as it is there, what lies below it can be neither dropped nor retyped.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from shared.adapters.postgresql.connection import Connection
from shared.adapters.postgresql.identifiers import quote, quote_table
from shared.adapters.sqlglot.selecting import read_query
from shared.catalog import TableSpec
from shared.loading.errors import IngestError, QueryRefused, QueryUnsound

_SCHEMA = (
    "SELECT nspname::text AS name FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()"
)


class Derived:
    """The views that a session has made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._views: dict[tuple[str, str], str] = {}

    def place(self, table: TableSpec) -> TableSpec:
        """Give the table as this session finds it: itself, or the view of its query.

        Raises:
            QueryUnsound: the query is not one SELECT, or the server takes it for no view.
        """
        if table.query is None:
            return table
        known = (table.table, table.query)
        if known not in self._views:
            self._views[known] = self._make(table, table.query, number=len(self._views))
        return replace(table, table=self._views[known], query=None)

    def _make(self, table: TableSpec, query: str, *, number: int) -> str:
        read_query(query, "postgresql")
        name = table.table_name if not number else f"{table.table_name} {number}"
        try:
            self._connection.rows("BEGIN TRANSACTION READ WRITE")
            self._connection.rows(f"CREATE TEMPORARY VIEW {quote(name)} AS {query}")
            self._connection.rows("COMMIT")
        except IngestError as error:
            # The first error is the one to report; on a dead connection this is a second.
            with suppress(IngestError):
                self._connection.rows("ROLLBACK")
            if isinstance(error, QueryRefused):
                raise QueryUnsound(f"the query of {table.table}: {error}") from error
            raise
        return f"{self._connection.rows(_SCHEMA)[0]['name']}.{name}"


def spell_out(sql: str, table: TableSpec, placed: TableSpec) -> str:
    """Write the query itself into a statement, where the session reads its view."""
    if table.query is None:
        return sql
    return sql.replace(quote_table(placed), f"({table.query}) AS {quote(table.table_name)}")
