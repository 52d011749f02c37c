"""A table, view or foreign table as the catalog describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.postgresql.connection import Connection
from shared.adapters.postgresql.types import (
    Landing,
    SourceType,
    find_cursor_cast,
    find_landing,
)
from shared.catalog import TableSpec
from shared.loading.errors import ColumnMissing, CursorUnsound, TableMissing

# pg_class.relkind: plain and partitioned tables, views, materialised views, foreign tables.
_READABLE = frozenset("rpvmf")
_LOCKABLE = frozenset("rpv")
_SAMPLEABLE = frozenset("rpm")

_FIND = """
SELECT c.oid::text AS oid, c.relkind::text AS kind, session_user::text AS login,
       getdatabaseencoding() = 'UTF8' AS utf8,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS granted
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
"""

# A domain is followed down to the type that it is made of, which has the modifier that counts. `parts` are
# all types that a column's type is made of, itself and at any depth: the elements of an array, what a
# domain is of, the columns of a composite, the ends of a range. (Ranges of ranges came with version 14.)
_COLUMNS = """
WITH RECURSIVE resolved AS (
    SELECT attnum, attname, attnotnull, atttypid AS type, atttypmod AS modifier,
           format_type(atttypid, atttypmod) AS declared
    FROM pg_catalog.pg_attribute
    WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT r.attnum, r.attname, r.attnotnull, d.typbasetype, d.typtypmod, r.declared
    FROM resolved AS r
    JOIN pg_catalog.pg_type AS d ON d.oid = r.type
    WHERE d.typtype = 'd'
),
parts AS (
    SELECT attnum, atttypid AS type FROM pg_catalog.pg_attribute
    WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
    UNION
    SELECT p.attnum, inner_type.type
    FROM parts AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = p.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype AS type
        UNION ALL SELECT t.typelem WHERE t.typcategory = 'A'
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range AS g
        WHERE t.oid IN (g.rngtypid, (to_jsonb(g) ->> 'rngmultitypid')::oid)
    ) AS inner_type
    WHERE inner_type.type <> 0
)
SELECT r.attname::text AS name, r.declared, NOT r.attnotnull AS nullable, r.modifier,
       t.typname::text AS type, t.typtype::text AS kind, e.typname::text AS element,
       t.typnamespace = 'pg_catalog'::regnamespace AS builtin,
       (SELECT string_agg(DISTINCT made.typname::text, ',')
        FROM parts AS p JOIN pg_catalog.pg_type AS made ON made.oid = p.type
        WHERE p.attnum = r.attnum AND made.typnamespace = 'pg_catalog'::regnamespace) AS parts
FROM resolved AS r
JOIN pg_catalog.pg_type AS t ON t.oid = r.type
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE t.typtype <> 'd'
ORDER BY r.attnum
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationColumn:
    """One column: its name, the type it was declared with, and what that is made of."""

    name: str
    declared: str
    nullable: bool
    source: SourceType


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a table's spec finds in the catalog. `kind` is pg_class.relkind, `oid` its number there.

    `columns` leaves out what the spec excludes; `cursor` is there also if it is excluded, and None
    if the spec has none. `cursor_cast` is the type that the cursor's bounds are cast to. `utf8`
    says that the server keeps text as it lands.
    """

    oid: str
    kind: str
    columns: tuple[RelationColumn, ...]
    cursor: RelationColumn | None
    cursor_cast: str
    utf8: bool = True

    @property
    def lockable(self) -> bool:
        """Whether LOCK TABLE takes it. What it does not take is never rewritten under a reader."""
        return self.kind in _LOCKABLE

    @property
    def sampleable(self) -> bool:
        """Whether TABLESAMPLE takes it."""
        return self.kind in _SAMPLEABLE

    @property
    def landings(self) -> tuple[Landing, ...]:
        """How each column lands. Raises TypeUnsupported."""
        return tuple(find_landing(column.name, column.source) for column in self.columns)


def describe(connection: Connection, table: TableSpec) -> Relation:
    """Look a table up.

    Raises:
        TableMissing: it does not exist, or the login may not SELECT from it.
        ColumnMissing: a key column or the cursor is not there, or no column is left to read.
        CursorUnsound: the cursor's type does not fit its declared kind.
    """
    found = _find(connection, table)
    columns = [_column(row) for row in connection.rows(_COLUMNS, str(found["oid"]))]
    names = {column.name for column in columns}
    for name in (*table.key, *((table.cursor.column,) if table.cursor.column else ())):
        if name not in names:
            raise ColumnMissing(f"{table.table} has no column {name}")
    excluded = table.excluded([column.name for column in columns])
    kept = tuple(column for column in columns if column.name not in excluded)
    if not kept:
        raise ColumnMissing(f"{table.table} has no column left to read")
    cursor, cast = _cursor(table, columns)
    return Relation(
        oid=str(found["oid"]),
        kind=str(found["kind"]),
        columns=kept,
        cursor=cursor,
        cursor_cast=cast,
        utf8=bool(found["utf8"]),
    )


def _find(connection: Connection, table: TableSpec) -> dict[str, Any]:
    rows = connection.rows(_FIND, table.schema_name, table.table_name)
    if not rows:
        raise TableMissing(f"{table.table} does not exist (names are case-sensitive here)")
    found = rows[0]
    if found["kind"] not in _READABLE:
        raise TableMissing(f"{table.table} exists but is neither a table nor a view")
    if not found["granted"]:
        raise TableMissing(
            f"{table.table} exists, but {found['login']} lacks SELECT on the whole table "
            "or USAGE on its schema"
        )
    return found


def _column(row: dict[str, object]) -> RelationColumn:
    source = SourceType(
        name=str(row["type"]),
        kind=str(row["kind"]),
        builtin=bool(row["builtin"]),
        modifier=int(str(row["modifier"])),
        element=None if row["element"] is None else str(row["element"]),
        parts=frozenset(str(row["parts"] or "").split(",")),
    )
    return RelationColumn(
        name=str(row["name"]),
        declared=str(row["declared"]),
        nullable=bool(row["nullable"]),
        source=source,
    )


def _cursor(
    table: TableSpec, columns: Sequence[RelationColumn]
) -> tuple[RelationColumn | None, str]:
    if table.cursor.kind == "none":
        return None, ""
    for column in columns:
        if column.name == table.cursor.column:
            cast = find_cursor_cast(table.cursor.kind, column.name, column.source)
            return column, cast
    raise CursorUnsound(f"{table.table}: a cursor of kind {table.cursor.kind} needs a column")
