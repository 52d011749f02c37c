"""How many rows a span has, and where to cut it."""

from __future__ import annotations

from shared.adapters.odbc.dialect import Dialect, Relation
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.rows import Query
from shared.catalog import TableSpec
from shared.loading.span import Span

# Up to so many rows to look at, a count takes about a second. The optimiser's estimate of a range
# ends at half of the table.
_COUNTED_ROWS = 10_000_000
# For each part; the parts then differ by about a twentieth.
_SAMPLE_ROWS = 400


def estimate(
    dialect: Dialect, link: Link, table: TableSpec, relation: Relation, span: Span | None
) -> int:
    """Count a span's rows, or estimate them where that takes long; the whole table by statistics."""
    examined = _examined(link, dialect.query(table, relation, span, "1 AS one"))
    if examined is not None and (span is None or examined > _COUNTED_ROWS):
        return examined
    count = dialect.query(table, relation, span, "COUNT(*) AS n")
    return int(link.rows(count.sql, *count.values)[0]["n"])


def cut(
    dialect: Dialect, link: Link, table: TableSpec, relation: Relation, *, span: Span, parts: int
) -> tuple[str, ...]:
    """Sample the span's values in one pass, over the index where there is one."""
    if relation.cursor is None or span.nulls:
        return ()
    name = dialect.quote(relation.cursor.name)
    share = parts * _SAMPLE_ROWS / max(estimate(dialect, link, table, relation, span), 1)
    text = relation.cursor.text
    top = dialect.query(table, relation, span, f"{text.replace('{}', f'MAX({name})')} AS value")
    sample = dialect.query(table, relation, span, f"{text.replace('{}', name)} AS value")
    sql = f"{sample.sql} AND RAND() < CAST(? AS DOUBLE) ORDER BY {name}"
    values = [row["value"] for row in link.rows(sql, *sample.values, repr(share))]
    highest = link.rows(top.sql, *top.values)[0]["value"]
    chosen = [values[len(values) * part // parts] for part in range(1, parts) if values]
    distinct = dict.fromkeys(value for value in chosen if value != highest)
    return tuple(distinct)


def _examined(link: Link, query: Query) -> int | None:
    """Give the rows that the optimiser means to look at, None if that is not one table's."""
    plan = link.rows(f"EXPLAIN {query.sql}", *query.values)
    rows = plan[0]["rows"] if len(plan) == 1 else None
    return None if rows is None else int(rows)
