"""Which rows a statement is about: of a table or the query that stands for it, and of which span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.adapters.sqlglot.selecting import read_query
from shared.catalog import TableSpec
from shared.loading.errors import CursorUnsound
from shared.loading.span import Span

if TYPE_CHECKING:
    from shared.adapters.odbc.dialect import Dialect, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """SQL text with a `?` for each value. Names are quoted into it; values never enter it."""

    sql: str
    values: tuple[str, ...] = ()


def rows_of(dialect: Dialect, table: TableSpec) -> str:
    """Give what stands behind FROM, under the table's own name. Raises QueryUnsound."""
    if table.query is None:
        return dialect.quote_table(table)
    read_query(table.query, dialect.engine)
    return f"({table.query}) AS {dialect.quote(table.table_name)}"


def where(dialect: Dialect, relation: Relation, span: Span | None) -> Query:
    """Give the condition that selects a span, empty for the whole table; CursorUnsound without a cursor."""
    if span is None or (relation.cursor is None and span == Span()):
        return Query(sql="")
    if relation.cursor is None:
        raise CursorUnsound("the table has no cursor, so it can only be read whole")
    column, cursor = dialect.quote(relation.cursor.name), relation.cursor
    if span.nulls:
        return Query(sql=f"{column} IS NULL")
    bounds = [(">", span.after), ("<=", span.upto)]
    given = [(operator, value) for operator, value in bounds if value is not None]
    if not given:
        return Query(sql=f"{column} IS NOT NULL")
    return Query(
        sql=" AND ".join(f"{column} {operator} {cursor.parameter}" for operator, _ in given),
        values=tuple(value for _, value in given),
    )
