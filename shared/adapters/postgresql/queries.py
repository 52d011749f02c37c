"""The SQL text of what is asked of a table. Names are quoted into it; values never enter it."""

from __future__ import annotations

from collections.abc import Sequence

from shared.adapters.postgresql.identifiers import quote, quote_table
from shared.adapters.postgresql.relation import Relation
from shared.catalog import TableSpec
from shared.loading.errors import CursorUnsound
from shared.loading.span import Span

# COPY takes no parameters, so values are bound to settings of the transaction, which any statement
# can read. The planner knows their values, so they cost neither an index nor a good estimate.
AFTER = "tidemark.after"
UPTO = "tidemark.upto"
PARTS = "tidemark.parts"
PERCENT = "tidemark.percent"
KEYS = "tidemark.keys"

_CLOCK = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"

BEGIN = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
ROLLBACK = "ROLLBACK"
CLOCK = f"SELECT {_CLOCK} AS clock"

# The first query of a transaction, so that the clock is that of its snapshot. The settings end with
# the transaction, and the timeout for metadata is lifted within it.
OPEN = f"""
SELECT {_CLOCK} AS clock,
       set_config('statement_timeout', '0', true),
       set_config('{AFTER}', $1, true),
       set_config('{UPTO}', $2, true),
       set_config('{PARTS}', $3, true),
       set_config('{PERCENT}', $4, true)
"""

# The keys of rows that are asked for one by one: a JSON list of lists of texts.
BIND_KEYS = f"SELECT set_config('{KEYS}', $1, true)"


def lock(table: TableSpec) -> str:
    """Keep the table from being rewritten or emptied until the transaction ends.

    Without it, ALTER TABLE or TRUNCATE that commits between the snapshot and the read leaves a
    table that looks empty to that snapshot: see "Caveats" under "Concurrency Control" in the
    PostgreSQL documentation. LOCK itself takes no snapshot, so it can come before it.
    """
    return f"LOCK TABLE {quote_table(table)} IN ACCESS SHARE MODE"


def select(table: TableSpec, relation: Relation, span: Span, *, more: str = "") -> str:
    """Read the rows of a span, each column in the form in which it travels, and what is asked for more."""
    return f"SELECT {_columns(relation)}{more} {_rows(table, relation, span)}"


def find(table: TableSpec, relation: Relation, names: str, casts: Sequence[str]) -> str:
    """Read the rows with the keys that are bound, of the columns `names`; each cast makes one of an `entry`."""
    return f"""
        SELECT {_columns(relation)} FROM {quote_table(table)} WHERE ({names}) IN (
            SELECT {", ".join(casts)}
            FROM jsonb_array_elements(current_setting('{KEYS}')::jsonb) AS wanted (entry)
        )
    """


def _columns(relation: Relation) -> str:
    return ", ".join(
        f"{quote(column.name)}{landing.casts} AS {quote(column.name)}"
        for column, landing in zip(relation.columns, relation.landings, strict=True)
    )


def ask(table: TableSpec, relation: Relation, span: Span, wanted: str) -> str:
    """Select SQL expressions from the rows of a span."""
    return f"SELECT {wanted} {_rows(table, relation, span)}"


def explain(table: TableSpec, relation: Relation, span: Span | None) -> str:
    """Ask the planner how many rows a span has; without a span, the table."""
    return f"EXPLAIN (FORMAT JSON) SELECT {_rows(table, relation, span)}"


def count(
    table: TableSpec,
    relation: Relation,
    span: Span,
    *,
    most: int | None = None,
    sampled: bool = False,
) -> str:
    """Count the rows of a span, up to a most, or those on a sample of pages."""
    limit = "" if most is None else f"LIMIT {most}"
    rows = f"FROM {quote_table(table)} {_sample(sampled=sampled)} {_where(table, relation, span)}"
    return f"SELECT count(*)::text AS rows FROM (SELECT {rows} {limit}) AS counted"


def highest(table: TableSpec, cursor: str) -> str:
    """Ask for the highest cursor value, and whether there are rows without one."""
    name, column = quote_table(table), quote(cursor)
    return f"""
        SELECT (SELECT max({column}) FROM {name})::text AS highest,
               EXISTS (SELECT FROM {name} WHERE {column} IS NULL) AS has_nulls
    """


def has_null(table: TableSpec, column: str) -> str:
    """Ask whether there is a row without a value in a column."""
    return (
        f"SELECT EXISTS (SELECT FROM {quote_table(table)} WHERE {quote(column)} IS NULL) AS found"
    )


def larger(table: TableSpec, relation: Relation, span: Span, sizes: Sequence[str], key: str) -> str:
    """Ask for a row of a span with a value that is too large: its key, and all sizes joined by commas."""
    large = " OR ".join(f"{size} > {table.max_value_bytes}" for size in sizes)
    listed = ", ".join(f"coalesce(({size})::text, '')" for size in sizes)
    where = _where(table, relation, span)
    return f"""
        SELECT {key} AS key, array_to_string(ARRAY[{listed}], ',') AS sizes
        FROM {quote_table(table)} {f"{where} AND" if where else "WHERE"} ({large}) LIMIT 1
    """


def cut(
    table: TableSpec, relation: Relation, span: Span, *, sampled: bool, compared: str = "value"
) -> str:
    """Ask for the values that cut a span into parts, of all its rows or of a sample of pages.

    `compared` is what the highest value is found by, for types that have no max().
    """
    if relation.cursor is None:
        raise CursorUnsound(f"{table.table} has no cursor to cut by")
    column = quote(relation.cursor.name)
    sample = _sample(sampled=sampled)
    return f"""
        WITH seen AS (
            SELECT {column} AS value
            FROM {quote_table(table)} {sample} {_where(table, relation, span)}
        ),
        cuts AS (
            SELECT DISTINCT unnest(percentile_disc(ARRAY(
                SELECT part::float8 / current_setting('{PARTS}')::int
                FROM generate_series(1, current_setting('{PARTS}')::int - 1) AS part
            )) WITHIN GROUP (ORDER BY value)) AS value
            FROM seen
        )
        SELECT value::text AS value FROM cuts
        WHERE {compared} < (SELECT max({compared}) FROM seen) ORDER BY cuts.value
    """


def _sample(*, sampled: bool) -> str:
    if not sampled:
        return ""
    return f"TABLESAMPLE SYSTEM (current_setting('{PERCENT}')::float8) REPEATABLE (0)"


def _rows(table: TableSpec, relation: Relation, span: Span | None) -> str:
    return f"FROM {quote_table(table)} {_where(table, relation, span)}"


def _where(table: TableSpec, relation: Relation, span: Span | None) -> str:
    if span is None:
        return ""
    if relation.cursor is None:
        if span != Span():
            raise CursorUnsound(f"{table.table} has no cursor, so it can only be read whole")
        return ""
    column, cast = quote(relation.cursor.name), relation.cursor_cast
    if span.nulls:
        return f"WHERE {column} IS NULL"
    bounds = [
        f"{column} {operator} current_setting('{setting}')::{cast}"
        for operator, setting, value in ((">", AFTER, span.after), ("<=", UPTO, span.upto))
        if value is not None
    ]
    return "WHERE " + (" AND ".join(bounds) or f"{column} IS NOT NULL")
