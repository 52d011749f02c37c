"""What the server says that a query gives, without running it."""

from __future__ import annotations

from typing import Any

from shared.adapters.odbc.links import Link
from shared.catalog import TableSpec
from shared.loading.errors import QueryUnsound

# One row a column, or a single one with an error ("sys.dm_exec_describe_first_result_set"). An alias
# type is given by the system's type that it is made of; types of the CLR have a number of their own.
# Of masks and permissions it says nothing: they are those of the columns that the query reads.
_DESCRIBED = """
SELECT d.name,
       COALESCE(c.name, t.name) AS type,
       CONVERT(int, d.max_length) AS length,
       CONVERT(int, d.[precision]) AS digits,
       CONVERT(int, d.scale) AS scale,
       d.is_nullable AS nullable,
       0 AS encrypted, 0 AS masked, 1 AS granted,
       d.error_message AS fault
FROM sys.dm_exec_describe_first_result_set(?, NULL, 0) AS d
LEFT JOIN sys.types AS t ON t.user_type_id = d.system_type_id
LEFT JOIN sys.types AS c ON c.user_type_id = d.user_type_id AND c.is_assembly_type = 1
WHERE d.is_hidden = 0 OR d.error_number IS NOT NULL
ORDER BY d.column_ordinal
"""


def describe_query(link: Link, table: TableSpec) -> list[dict[str, Any]]:
    """Describe the columns of a table's query, as those of a table are. Raises QueryUnsound."""
    rows = link.rows(_DESCRIBED, table.query)
    fault = next((row["fault"] for row in rows if row["fault"]), None)
    if fault is not None:
        raise QueryUnsound(f"the query of {table.table}: {fault}")
    return rows
