"""How many rows a span has, and where it is cut."""

from __future__ import annotations

from shared.adapters.odbc.dialect import Dialect, Relation
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.rows import rows_of, where
from shared.adapters.odbc.sqlserver.cursors import settle_span
from shared.adapters.odbc.sqlserver.relation import COUNTED, SAMPLEABLE
from shared.catalog import TableSpec
from shared.loading.errors import CursorUnsound
from shared.loading.span import Span

# Rows of a sample to cut by: enough pages that a part is off by a few hundredths at most.
_SAMPLE_ROWS = 50_000

# The server's own count of a heap or a clustered index, by partition.
_ROWS = """
SELECT COALESCE(SUM(p.rows), 0) AS n
FROM sys.partitions AS p
WHERE p.object_id = OBJECT_ID(?) AND p.index_id IN (0, 1)
"""


def estimate(
    dialect: Dialect, link: Link, table: TableSpec, relation: Relation, span: Span | None
) -> int:
    """Count the rows of a span, the whole table by its metadata.

    Statistics know nothing of the newest rows, which are those that an incremental load asks for;
    an index on the cursor counts them exactly, and without one reading scans the table as well.
    """
    if COUNTED in relation.traits and span in (None, Span()):
        return int(link.rows(_ROWS, dialect.quote_table(table))[0]["n"])
    query = dialect.query(table, relation, span, "COUNT_BIG(*) AS n")
    return int(link.rows(query.sql, *query.values)[0]["n"])


def cut(
    dialect: Dialect,
    link: Link,
    table: TableSpec,
    relation: Relation,
    span: Span,
    *,
    parts: int,
    rows: str | None = None,
) -> tuple[str, ...]:
    """Give at most `parts - 1` distinct ascending values inside the span, below its highest.

    A large span is judged by a sample of the table's pages, where that reads less than the span.
    `rows` is SQL for where the rows are, if that is not the table.
    """
    cursor = relation.cursor
    if cursor is None:
        raise CursorUnsound("the table has no cursor, so it cannot be cut")
    sample = _sample(_share(dialect, link, table, relation, span))
    span = settle_span(cursor, span)
    condition, column = where(dialect, relation, span), dialect.quote(cursor.name)
    source = rows or f"{rows_of(dialect, table)}{sample}"
    found = link.rows(
        f"""
        WITH seen AS (
            SELECT {column} AS value,
                   ROW_NUMBER() OVER (ORDER BY {column}) AS place,
                   COUNT_BIG(*) OVER () AS total
            FROM {source} WHERE {condition.sql}
        )
        SELECT {cursor.text.replace("{}", "value")} AS value
        FROM seen
        WHERE place * {parts:d} / total > (place - 1) * {parts:d} / total
        ORDER BY place
        OPTION (RECOMPILE)
        """,
        *condition.values,
    )
    ends = [str(row["value"]) for row in found]
    # The last part ends with the highest value, which is no cut.
    return tuple(dict.fromkeys(end for end in ends if end != ends[-1]))


def _share(
    dialect: Dialect, link: Link, table: TableSpec, relation: Relation, span: Span
) -> float | None:
    """Give the share of the table's pages to look at, None to look at the span itself."""
    if SAMPLEABLE not in relation.traits:
        return None
    total = estimate(dialect, link, table, relation, None)
    wanted = estimate(dialect, link, table, relation, span)
    share = _SAMPLE_ROWS / max(wanted, 1)
    return share if total * share < wanted else None


def _sample(share: float | None) -> str:
    # The same pages each time; the seed has to be greater than zero.
    percent = None if share is None else f"{100 * share:.6f}"
    return f" TABLESAMPLE SYSTEM ({percent} PERCENT) REPEATABLE (1)" if percent else ""
