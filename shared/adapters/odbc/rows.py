"""Where a statement reads its rows from: a table, or the query that stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.sqlglot.selecting import read_query
from shared.catalog import TableSpec

if TYPE_CHECKING:
    from shared.adapters.odbc.dialect import Dialect


def rows_of(dialect: Dialect, table: TableSpec) -> str:
    """Give what stands behind FROM, under the table's own name. Raises QueryUnsound."""
    if table.query is None:
        return dialect.quote_table(table)
    read_query(table.query, dialect.engine)
    return f"({table.query}) AS {dialect.quote(table.table_name)}"
