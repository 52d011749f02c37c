"""Finds a value that is too large before anything is sent: what PostgreSQL sends it sends whole."""

from __future__ import annotations

import pyarrow as pa

from shared.adapters.postgresql import queries
from shared.adapters.postgresql.connection import Connection
from shared.adapters.postgresql.identifiers import quote
from shared.adapters.postgresql.relation import Relation
from shared.adapters.postgresql.row_hash import octets
from shared.catalog import TableSpec
from shared.landing.sizes import too_large
from shared.loading.span import Span

# So many times as large as it is kept a value may be as text: lz4 makes at most 255 bytes of one, pglz
# fewer, and of these a type or another encoding makes some characters.
_UNPACKED = 255 * 8
# A value that is kept in its row is smaller than its page. Larger ones are kept beside their table, those of
# its partitions beside each.
_KEPT_BESIDE = """
WITH RECURSIVE held AS (
    SELECT $1::oid AS id
    UNION SELECT i.inhrelid FROM held JOIN pg_catalog.pg_inherits AS i ON i.inhparent = held.id
)
SELECT (coalesce(sum(pg_relation_size(c.reltoastrelid)), 0)
        + current_setting('block_size')::bigint)::text AS most
FROM held JOIN pg_catalog.pg_class AS c ON c.oid = held.id AND c.reltoastrelid <> 0
"""
_KEPT = frozenset("rpm")
_SHOWN = 100


def refuse_large(connection: Connection, table: TableSpec, relation: Relation, span: Span) -> None:
    """Look for a value that is too large in a span, in the snapshot that is open.

    How large a value is kept is known without unpacking it, so that this costs a look at each row, and a
    table that keeps too little for one is not looked through. Nor is a view or a foreign table, which would
    be worked out twice: of these a value is refused when it has come.

    Raises:
        ValueTooLarge: names the column and the row.
    """
    if not _may_have(connection, table, relation):
        return
    least = table.max_value_bytes // _UNPACKED
    columns = zip(relation.columns, relation.landings, strict=True)
    sizes = {
        column.name: f"CASE WHEN pg_column_size({quote(column.name)}) > {least}"
        f" THEN {octets(column, landing, utf8=relation.utf8)} END"
        for column, landing in columns
        if pa.types.is_string(landing.lands) or pa.types.is_binary(landing.lands)
    }
    if not sizes:
        return
    found = connection.rows(
        queries.larger(table, relation, span, list(sizes.values()), _key(table))
    )
    for name, size in zip(sizes, found[0]["sizes"].split(","), strict=True) if found else ():
        if size and int(size) > table.max_value_bytes:
            raise too_large(table, name, int(size), found[0]["key"])


def _may_have(connection: Connection, table: TableSpec, relation: Relation) -> bool:
    if relation.kind not in _KEPT:
        return False
    most = int(connection.rows(_KEPT_BESIDE, relation.oid)[0]["most"])
    return most * _UNPACKED > table.max_value_bytes


def _key(table: TableSpec) -> str:
    """Give SQL for the key as text, NULL where there is none; what is masked of it is not told."""
    masked = table.masks(table.key)
    parts = [
        "'(masked)'" if name in masked else f"left({quote(name)}::text, {_SHOWN})"
        for name in table.key
    ]
    return f"concat_ws(', ', {', '.join(parts)})" if parts else "NULL::text"
