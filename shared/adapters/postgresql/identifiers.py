"""Names as they stand in SQL text."""

from __future__ import annotations

from shared.catalog import TableSpec


def quote(name: str) -> str:
    """Quote an identifier, so that nothing in it is read as SQL.

    Doubling the quotes is the whole rule: see "Identifiers and Key Words" in the PostgreSQL
    documentation. A NUL, which no name can hold, is refused by the server.
    """
    return '"' + name.replace('"', '""') + '"'


def quote_table(table: TableSpec) -> str:
    """Give the schema-qualified name of a table."""
    return f"{quote(table.schema_name)}.{quote(table.table_name)}"
