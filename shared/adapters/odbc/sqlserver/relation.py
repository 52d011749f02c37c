"""A table or view as the catalog describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.odbc.dialect import Column, Cursor, Relation
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.sqlserver import snapshot
from shared.adapters.odbc.sqlserver.cursors import TRACKED_CURSOR, find_cursor
from shared.adapters.odbc.sqlserver.derived import describe_query
from shared.adapters.odbc.sqlserver.snapshot import EXTERNAL, IN_MEMORY
from shared.adapters.odbc.sqlserver.types import SourceType, find_landing
from shared.catalog import TableSpec
from shared.loading.errors import ColumnMissing, CursorUnsound, TableMissing, TypeUnsupported

# A plain table on disk, by rows: what TABLESAMPLE takes and sys.partitions counts.
SAMPLEABLE = "sampleable"
COUNTED = "counted"
# Its cursor is the version of its changes.
TRACKED = "tracked"

_READABLE = frozenset({"U", "V"})

_FIND = """
SELECT CONVERT(varchar(12), o.object_id) AS id,
       RTRIM(o.type) AS type,
       COALESCE(t.is_memory_optimized, 0) AS in_memory,
       COALESCE(t.is_external, 0) AS elsewhere,
       CASE WHEN EXISTS (
           SELECT 1 FROM sys.indexes AS i WHERE i.object_id = o.object_id AND i.type = 5
       ) THEN 1 ELSE 0 END AS by_columns,
       CASE WHEN EXISTS (
           SELECT 1
           FROM sys.security_predicates AS p
           JOIN sys.security_policies AS y ON y.object_id = p.object_id
           WHERE p.target_object_id = o.object_id AND p.predicate_type = 0 AND y.is_enabled = 1
       ) THEN 1 ELSE 0 END AS filtered,
       CONVERT(varchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability
FROM sys.objects AS o
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
LEFT JOIN sys.tables AS t ON t.object_id = o.object_id
WHERE s.name = ? AND o.name = ?
"""

# An alias type is replaced by the system's type that it is made of, which sys.types has under the
# same system_type_id; types of the CLR have none there and keep their own name.
_COLUMNS = """
SELECT c.name,
       COALESCE(b.name, t.name) AS type,
       CONVERT(int, c.max_length) AS length,
       CONVERT(int, c.[precision]) AS digits,
       CONVERT(int, c.scale) AS scale,
       c.is_nullable AS nullable,
       CASE WHEN c.encryption_type IS NULL THEN 0 ELSE 1 END AS encrypted,
       CASE WHEN c.is_masked = 0
              OR HAS_PERMS_BY_NAME(n.name, 'OBJECT', 'UNMASK', c.name, 'COLUMN') = 1
              OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK') = 1
            THEN 0 ELSE 1 END AS masked,
       COALESCE(HAS_PERMS_BY_NAME(n.name, 'OBJECT', 'SELECT', c.name, 'COLUMN'), 0) AS granted
FROM sys.columns AS c
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b
    ON t.is_user_defined = 1 AND t.is_assembly_type = 0
   AND b.system_type_id = t.system_type_id AND b.user_type_id = b.system_type_id
CROSS APPLY (
    SELECT QUOTENAME(OBJECT_SCHEMA_NAME(c.object_id)) + '.' + QUOTENAME(OBJECT_NAME(c.object_id))
        AS name
) AS n
WHERE c.object_id = CONVERT(int, ?)
ORDER BY c.column_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the catalog says of the table itself.

    `filtered` says that a security policy may hide rows of it, as far as this login can see.
    """

    id: str
    traits: frozenset[str]
    filtered: bool
    read_only: bool


def find_table(link: Link, table: TableSpec) -> Found:
    """Look for a table or view, or what a query is to be read in. Raises TableMissing."""
    if table.query is not None:
        read_only = snapshot.find_database(link).read_only
        return Found(id="", traits=frozenset(), filtered=False, read_only=read_only)
    rows = link.rows(_FIND, table.schema_name, table.table_name)
    if not rows:
        raise TableMissing(
            f"{table.table} does not exist in the database that the connection names, "
            "or the login has no right to it"
        )
    found = rows[0]
    if found["type"] not in _READABLE:
        raise TableMissing(f"{table.table} exists but is neither a table nor a view")
    return Found(
        id=str(found["id"]),
        traits=_traits(found),
        filtered=bool(found["filtered"]),
        read_only=found["updateability"] == "READ_ONLY",
    )


def describe(link: Link, table: TableSpec, found: Found) -> Relation:
    """Look at the columns of a table that was found.

    Raises:
        TableMissing: the login may not read all of it.
        ColumnMissing: a key column or the cursor is not there, or no column is left to read.
        TypeUnsupported: a column's values cannot be read exactly. Names the column.
        CursorUnsound: the cursor's type does not fit its declared kind.
    """
    rows = link.rows(_COLUMNS, found.id) if table.query is None else describe_query(link, table)
    names = {row["name"] for row in rows}
    for name in (*table.key, *((table.cursor.column,) if table.cursor.column else ())):
        if name not in names:
            raise ColumnMissing(f"{table.table} has no column {name} (upper and lower case count)")
    excluded = table.excluded([str(row["name"]) for row in rows])
    kept = [row for row in rows if row["name"] not in excluded]
    if not kept:
        raise ColumnMissing(f"{table.table} has no column left to read")
    _check_granted(table, rows, kept)
    return Relation(
        columns=tuple(_column(row) for row in kept),
        cursor=_cursor(table, rows, found),
        traits=_traits_of(table, found),
    )


def _traits_of(table: TableSpec, found: Found) -> frozenset[str]:
    """Leave out, of a table whose changes are read, that its pages can be sampled: they hold none."""
    if table.cursor.kind != "change_tracking":
        return found.traits
    return (found.traits - {SAMPLEABLE}) | {TRACKED}


def _traits(found: Mapping[str, Any]) -> frozenset[str]:
    by_rows = found["type"] == "U" and not found["in_memory"] and not found["elsewhere"]
    said = {
        IN_MEMORY: found["in_memory"],
        EXTERNAL: found["elsewhere"],
        COUNTED: by_rows,
        SAMPLEABLE: by_rows and not found["by_columns"],
    }
    return frozenset(trait for trait, holds in said.items() if holds)


def _check_granted(
    table: TableSpec, rows: Sequence[Mapping[str, Any]], kept: Sequence[Mapping[str, Any]]
) -> None:
    wanted = {row["name"] for row in kept} | {table.cursor.column}
    denied = [row["name"] for row in rows if row["name"] in wanted and not row["granted"]]
    if denied:
        raise TableMissing(
            f"{table.table} exists, but the login lacks SELECT on {', '.join(map(str, denied))}"
        )


def _column(row: Mapping[str, Any]) -> Column:
    name, source = str(row["name"]), _source(row)
    if row["encrypted"]:
        raise TypeUnsupported(f"column {name}: it is encrypted for clients (Always Encrypted)")
    if row["masked"]:
        raise TypeUnsupported(
            f"column {name}: the login sees it masked; grant it UNMASK, or exclude the column"
        )
    return Column(
        name=name,
        declared=source.full_name,
        nullable=bool(row["nullable"]),
        landing=find_landing(name, source),
    )


def _source(row: Mapping[str, Any]) -> SourceType:
    return SourceType(
        name=str(row["type"]),
        length=int(row["length"]),
        precision=int(row["digits"]),
        scale=int(row["scale"]),
    )


def _cursor(table: TableSpec, rows: Sequence[Mapping[str, Any]], found: Found) -> Cursor | None:
    kind, name = table.cursor.kind, table.cursor.column
    if kind == "none":
        return None
    if kind == "change_tracking":
        return TRACKED_CURSOR
    row = next((row for row in rows if row["name"] == name), None)
    if name is None or row is None:
        raise CursorUnsound(f"{table.table}: a cursor of kind {kind} needs a column")
    if kind == "rowversion" and found.read_only:
        raise CursorUnsound(
            f"column {name}: on a read-only database or a readable secondary nobody can say which "
            "row versions are in use; connect to the primary"
        )
    if row["masked"] or row["encrypted"]:
        raise CursorUnsound(f"column {name}: the login cannot see its values")
    return find_cursor(kind, name, _source(row))
