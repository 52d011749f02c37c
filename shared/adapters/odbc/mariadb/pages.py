"""Reads a large result page by page, for drivers that would copy all of it into memory at once.

Within one snapshot, in the order of an index that ends in the primary key, so that every row is on
one page. Where a page ends is kept in variables of the session: no key leaves the server for it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from shared.adapters.odbc.dialect import Dialect, Relation
from shared.adapters.odbc.links import BATCH_BYTES, Link
from shared.adapters.odbc.rows import where
from shared.catalog import TableSpec
from shared.loading.span import Span

# The driver and the server's own estimate of a row's length are a few times off the mark.
_PAGE_BYTES = BATCH_BYTES
_MOST_ROWS = 100_000
# Types whose values a variable of the session holds as they are, and compares as their column does.
_NUMBERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal"})
_TEXTS = frozenset({"char", "varchar", "binary", "varbinary"})
_COMPARABLE = _NUMBERS | _TEXTS | {"date", "datetime", "timestamp"}

_INDEX = """
SELECT s.INDEX_NAME AS name, s.COLUMN_NAME AS part, c.DATA_TYPE AS type
FROM information_schema.STATISTICS s
JOIN information_schema.COLUMNS c USING (TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME)
WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.SUB_PART IS NULL
ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX
"""
_LENGTH = """
SELECT CAST(COALESCE(AVG_ROW_LENGTH, 0) AS SIGNED) AS length
FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The index that is followed, the columns that order its rows, and how many make a page."""

    index: str
    order: tuple[str, ...]
    rows: int


def find_pager(
    dialect: Dialect, link: Link, table: TableSpec, relation: Relation, *, span: Span
) -> Pager | None:
    """Choose an index: the cursor's if it has one, else the primary key. None without such a key."""
    if table.query is not None:
        return None
    parts: dict[str, list[str]] = {}
    types: dict[str, str] = {}
    for row in link.rows(_INDEX, table.schema_name, table.table_name):
        parts.setdefault(row["name"], []).append(row["part"])
        types[row["part"]] = row["type"].lower()
    key = parts.get("PRIMARY", [])
    if not key or any(types[part] not in _COMPARABLE for part in key):
        return None
    cursor = relation.cursor.name if relation.cursor else None
    index = next((name for name, columns in parts.items() if columns == [cursor]), None)
    if cursor and index and not span.nulls:
        # Such an index goes on with what is left of the primary key.
        key = [cursor, *(part for part in key if part != cursor)]
    length = link.rows(_LENGTH, table.schema_name, table.table_name)[0]["length"]
    return Pager(
        index=dialect.quote(index or "PRIMARY"),
        order=tuple(dialect.quote(column) for column in key),
        rows=max(1, min(_MOST_ROWS, _PAGE_BYTES // max(int(length), 1))),
    )


def read_pages(
    dialect: Dialect,
    link: Link,
    table: TableSpec,
    relation: Relation,
    *,
    span: Span,
    pager: Pager,
) -> Generator[pa.RecordBatch]:
    """Give the batches of page after page. The caller holds the snapshot."""
    condition = where(dialect, relation, span)
    source = f"FROM {dialect.quote_table(table)} FORCE INDEX ({pager.index})"
    begun = ""
    while True:
        within = f"{source} WHERE {condition.sql or 'TRUE'}{begun}"
        ended = _find_end(link, within, condition.values, pager)
        upto = f" AND NOT ({_beyond(pager.order, 'end')})" if ended else ""
        sql = f"SELECT {dialect.expressions(relation)} {within}{upto}"
        with link.stream(sql, condition.values, relation.wire) as batches:
            yield from batches
        if not ended:
            return
        link.rows("SET " + ", ".join(f"@begin{n} = @end{n}" for n in range(len(pager.order))))
        begun = f" AND ({_beyond(pager.order, 'begin')})"


def _find_end(link: Link, within: str, values: Sequence[str], pager: Pager) -> bool:
    """Keep the key of a page's last row in variables; say whether the page is full."""
    variables = [f"@end{number}" for number in range(len(pager.order))]
    link.rows("SET " + ", ".join(f"{each} = NULL" for each in variables))
    columns = ", ".join(pager.order)
    link.rows(
        f"SELECT {columns} INTO {', '.join(variables)} {within} "
        f"ORDER BY {columns} LIMIT {pager.rows - 1}, 1",
        *values,
    )
    return bool(link.rows("SELECT @end0 IS NOT NULL AS full")[0]["full"])


def _beyond(order: Sequence[str], variable: str) -> str:
    """Say that a row comes after the one in variables: greater in the first column that differs."""
    greater: list[str] = []
    for number, column in enumerate(order):
        equal = [f"{other} = @{variable}{place}" for place, other in enumerate(order[:number])]
        greater.append(" AND ".join([*equal, f"{column} > @{variable}{number}"]))
    return " OR ".join(f"({each})" for each in greater)
