"""Looks up a table or view in the information schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.adapters.odbc.dialect import Column, Relation
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.mariadb.derived import describe_query
from shared.adapters.odbc.mariadb.types import SourceType, find_cursor, find_landing
from shared.catalog import TableSpec
from shared.loading.errors import ColumnMissing, TableMissing

_COLUMNS = """
SELECT COLUMN_NAME AS name, DATA_TYPE AS type, COLUMN_TYPE AS declared, IS_NULLABLE AS nullable,
       CAST(COALESCE(CHARACTER_MAXIMUM_LENGTH, 0) AS SIGNED) AS characters,
       CAST(COALESCE(CHARACTER_OCTET_LENGTH, 0) AS SIGNED) AS octets,
       CAST(COALESCE(NUMERIC_PRECISION, 0) AS SIGNED) AS prec,
       CAST(COALESCE(NUMERIC_SCALE, 0) AS SIGNED) AS scale,
       CAST(COALESCE(DATETIME_PRECISION, 0) AS SIGNED) AS fraction
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
ORDER BY ORDINAL_POSITION
"""


def describe(link: Link, table: TableSpec) -> Relation:
    """Look a table up.

    Raises:
        TableMissing: it does not exist, or the login may not read it.
        ColumnMissing: a key column or the cursor is not there, or no column is left to read.
        TypeUnsupported: a column's values have no exact form. Names the column.
        CursorUnsound: the cursor's type does not fit its declared kind.
    """
    if table.query is not None:
        found = describe_query(link, table)
    else:
        found = link.rows(_COLUMNS, table.schema_name, table.table_name)
    if not found:
        raise TableMissing(
            f"{table.table} does not exist, or the login may not see it "
            "(schema.table, the schema being the database; names are case-sensitive)"
        )
    types = {row["name"]: _source_type(row) for row in found}
    _check_columns(table, types)
    excluded = table.excluded([row["name"] for row in found])
    wanted = [row for row in found if row["name"] not in excluded]
    if not wanted:
        raise ColumnMissing(f"{table.table}: every column is excluded, so none is left to read")
    cursor = table.cursor.column
    return Relation(
        columns=tuple(_column(row, types[row["name"]]) for row in wanted),
        cursor=find_cursor(table.cursor.kind, cursor, types[cursor]) if cursor else None,
    )


def _check_columns(table: TableSpec, there: Mapping[str, object]) -> None:
    needed: Sequence[str] = (*table.key, *([table.cursor.column] if table.cursor.column else []))
    missing = [name for name in needed if name not in there]
    if missing:
        raise ColumnMissing(f"{table.table} has no column {', '.join(missing)}")


def _column(row: Mapping[str, Any], source: SourceType) -> Column:
    return Column(
        name=row["name"],
        declared=source.declared,
        nullable=row["nullable"] == "YES",
        landing=find_landing(row["name"], source),
    )


def _source_type(row: Mapping[str, Any]) -> SourceType:
    return SourceType(
        name=row["type"].lower(),
        declared=row["declared"],
        characters=row["characters"],
        octets=row["octets"],
        precision=row["prec"],
        scale=row["scale"],
        fraction=row["fraction"],
    )
