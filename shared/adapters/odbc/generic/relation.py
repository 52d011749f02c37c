"""A table or view as the catalog functions of ODBC describe it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from shared.adapters.odbc.dialect import Column, Cursor, Relation
from shared.adapters.odbc.generic.engine import Engine
from shared.adapters.odbc.generic.types import SourceType, find_cursor, find_landing
from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.links import RowLink
from shared.catalog import TableSpec
from shared.loading.errors import ColumnMissing, CursorUnsound, TableMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One column as SQLColumns lists it; the size and digits there are often wrong or missing."""

    name: str
    code: int
    type_name: str
    nullable: bool


def describe(link: RowLink, engine: Engine, table: TableSpec) -> Relation:
    """Look a table up; see `Dialect.describe`. Names are compared as they are."""
    with link.faults.translated():
        listed = _list_columns(link, engine, table)
        if not listed:
            raise TableMissing(
                f"{table.table} does not exist, or the login may not read it "
                "(names are compared as the engine stores them)"
            )
        found = _find_types(link, engine, table, listed)
    columns = {column.name: column for column in listed}
    for name in (*table.key, *((table.cursor.column,) if table.cursor.column else ())):
        if name not in columns:
            raise ColumnMissing(f"{table.table} has no column {name}")
    excluded = table.excluded([column.name for column in listed])
    kept = [column for column in listed if column.name not in excluded]
    if not kept:
        raise ColumnMissing(f"{table.table} has no column left to read")
    return Relation(
        columns=tuple(_column(engine, each, found[each.name]) for each in kept),
        cursor=_cursor(table, found),
    )


def _list_columns(link: RowLink, engine: Engine, table: TableSpec) -> list[_Listed]:
    schema, name = table.schema_name, table.table_name
    # The schema and the table are patterns for the driver, the catalog is not.
    place = {"catalog": schema} if engine.by_catalog else {"schema": _literally(engine, schema)}
    with closing(link.raw.cursor()) as cursor:
        rows = cursor.columns(table=_literally(engine, name), **place).fetchall()
    part = 0 if engine.by_catalog else 1
    return [
        _Listed(name=row[3], code=row[4], type_name=row[5], nullable=row[10] != pyodbc.SQL_NO_NULLS)
        for row in sorted(rows, key=lambda row: row[16])
        if (row[part], row[2]) == (schema, name)
    ]


def _literally(engine: Engine, name: str) -> str:
    escape = engine.escape
    if not escape:
        return name
    return "".join(escape + each if each in ("_", "%", escape) else each for each in name)


def _find_types(
    link: RowLink, engine: Engine, table: TableSpec, listed: Sequence[_Listed]
) -> dict[str, SourceType]:
    """Describe the columns of a query that gives no row: what a read will be given."""
    names = ", ".join(engine.quote(column.name) for column in listed)
    with closing(link.raw.cursor()) as cursor:
        unsigned = {row[0] for row in cursor.getTypeInfo().fetchall() if row[9] == 1}
        cursor.execute(f"SELECT {names} FROM {engine.quote_table(table)} WHERE 1 = 0")
        described = cursor.description
    return {
        column.name: SourceType(
            code=column.code,
            name=column.type_name,
            unsigned=column.type_name in unsigned or "unsigned" in column.type_name.lower(),
            size=size or 0,
            digits=digits or 0,
            reads_as=kind,
        )
        for column, (_, kind, _, _, size, digits, _) in zip(listed, described, strict=True)
    }


def _column(engine: Engine, listed: _Listed, source: SourceType) -> Column:
    return Column(
        name=listed.name,
        declared=source.declared,
        nullable=listed.nullable,
        landing=find_landing(engine.name, listed.name, source),
    )


def _cursor(table: TableSpec, found: dict[str, SourceType]) -> Cursor | None:
    if table.cursor.kind == "none":
        return None
    if table.cursor.column is None:
        raise CursorUnsound(f"{table.table}: a cursor of kind {table.cursor.kind} needs a column")
    column = table.cursor.column
    return find_cursor(column, table.cursor.kind, found[column])
