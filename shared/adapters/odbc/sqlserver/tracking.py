"""Change tracking of SQL Server: which rows of a table have changed since a version, and how they stand.

See "Work with change tracking (SQL Server)". A version is given to a change when its transaction commits.
The changes are joined to the table in one snapshot: what a row is follows from the table, and not from
the operation that is told of it, so that a key that is not there is a row that is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from shared.adapters.odbc.dialect import Column, Dialect, Landing, Relation
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.rows import Query, where
from shared.adapters.odbc.sqlserver.relation import COUNTED, Found
from shared.adapters.odbc.sqlserver.snapshot import Reading
from shared.catalog import TableSpec
from shared.extraction.tracked import GONE, VERSION
from shared.loading.cursor import cursor_type
from shared.loading.errors import (
    KeyUnsound,
    SnapshotUnavailable,
    TrackingExpired,
    TrackingUnavailable,
)
from shared.loading.sentinels import TRACKING, TRACKING_BEGAN, tell_expired
from shared.loading.span import Span, Tracking

_MARKS = (
    Column(
        name=GONE,
        declared="bit",
        nullable=False,
        landing=Landing(wire=pa.bool_(), lands=pa.bool_()),
    ),
    Column(
        name=VERSION,
        declared="bigint",
        nullable=False,
        landing=Landing(wire=pa.int64(), lands=pa.int64()),
    ),
)

# NULL where the database tracks nothing.
CURRENT = "SELECT CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS version"
# The table of the catalog shows a row of it only to those who may see the tracking.
_STATE = """
SELECT CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS version,
       COALESCE(HAS_PERMS_BY_NAME(?, 'OBJECT', 'VIEW CHANGE TRACKING'), 0) AS granted,
       CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(?))) AS kept_above
"""
_KEPT = """
SELECT CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(?))) AS kept_above,
       CONVERT(varchar(20), t.begin_version) AS began
FROM (SELECT OBJECT_ID(?) AS id) AS o
LEFT JOIN sys.change_tracking_tables AS t ON t.object_id = o.id
"""
_KEY = """
SELECT c.name
FROM sys.indexes AS i
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID(?) AND i.is_primary_key = 1
ORDER BY k.key_ordinal
"""
# What keeps the changes is made when tracking is switched on, and made anew when it is again.
_SINCE = """
SELECT CONVERT(varchar(20), t.begin_version) AS began,
       CONVERT(varchar(23), i.create_date, 126) AS since
FROM sys.change_tracking_tables AS t
LEFT JOIN sys.internal_tables AS i
    ON i.parent_object_id = t.object_id AND i.internal_type_desc = 'CHANGE_TRACKING'
WHERE t.object_id = OBJECT_ID(?)
"""


def check_tracked(
    link: Link, table: TableSpec, quoted: str, found: Found, reading: Reading
) -> None:
    """Say that a table's changes can be told.

    Raises:
        TrackingUnavailable: they are not tracked, or the login may not see them. Says what to run.
        KeyUnsound: the key is not the primary key, by which the server tells of rows.
        SnapshotUnavailable: changes and rows cannot be read in one snapshot.
    """
    if COUNTED not in found.traits:
        raise TrackingUnavailable(
            f"{table.table} is no plain table: only the changes of such a one are tracked"
        )
    state = link.rows(_STATE, quoted, quoted)[0]
    if state["version"] is None:
        raise TrackingUnavailable(
            f"the database of {table.table} does not track changes: ALTER DATABASE CURRENT SET "
            "CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON)"
        )
    if not state["granted"]:
        raise TrackingUnavailable(
            f"the login may not see what has changed: GRANT VIEW CHANGE TRACKING ON {quoted} to it"
        )
    if state["kept_above"] is None:
        raise TrackingUnavailable(
            f"changes of {table.table} are not tracked: ALTER TABLE {quoted} ENABLE CHANGE_TRACKING"
        )
    _check_key(table, link.rows(_KEY, quoted))
    if reading is not Reading.TRANSACTION:
        raise SnapshotUnavailable(
            f"changes of {table.table} and its rows are read in one snapshot: ALTER DATABASE CURRENT "
            "SET ALLOW_SNAPSHOT_ISOLATION ON, on the primary"
        )


def _check_key(table: TableSpec, rows: Sequence[Mapping[str, Any]]) -> None:
    primary = tuple(str(row["name"]) for row in rows)
    if set(primary) != set(table.key):
        raise KeyUnsound(
            f"change tracking tells of the rows of {table.table} by its primary key; "
            f"write key: [{', '.join(primary)}]"
        )


def read_version(link: Link, table: TableSpec) -> str:
    """Give the version of the last change that was committed in the database."""
    version = link.rows(CURRENT)[0]["version"]
    if version is None:
        raise TrackingUnavailable(f"the database of {table.table} does not track changes any more")
    return str(version)


def find_kept(link: Link, dialect: Dialect, table: TableSpec, since: str | None = None) -> Tracking:
    """Say what is kept of a table's changes, whether it holds rows, and one unchanged since a version.

    In a snapshot the rows are looked at first. That is what opens it: what has been cleaned up by then
    is told, and what is cleaned up later is still in it.
    """
    quoted = dialect.quote_table(table)
    found = link.rows(f"SELECT TOP (1) 1 AS found FROM {quoted}")
    kept = link.rows(_KEPT, quoted, quoted)[0]
    if kept["kept_above"] is None:
        raise TrackingUnavailable(f"changes of {table.table} are not tracked any more")
    untouched = None
    if since is not None and int(since) == int(kept["kept_above"]):
        untouched = _holds_untouched(link, dialect, table, int(since))
    return Tracking(
        kept_above=str(kept["kept_above"]),
        began=None if kept["began"] is None else str(kept["began"]),
        holds_rows=bool(found),
        untouched=untouched,
    )


def _holds_untouched(link: Link, dialect: Dialect, table: TableSpec, since: int) -> bool:
    """Tell whether a row has not changed since a version: one statement, of one moment, that ends with the first."""
    quoted = dialect.quote_table(table)
    matches = " AND ".join(f"c.{name} = t.{name}" for name in map(dialect.quote, table.key))
    sql = (
        f"SELECT TOP (1) 1 AS found FROM {quoted} AS t WHERE NOT EXISTS "
        f"(SELECT 1 FROM CHANGETABLE(CHANGES {quoted}, {since:d}) AS c WHERE {matches})"
    )
    return bool(link.rows(sql))


def find_identity(link: Link, quoted: str) -> str | None:
    """Write since when the table's changes are tracked, as parts of its identity."""
    rows = link.rows(_SINCE, quoted)
    parts = {TRACKING: rows[0]["since"], TRACKING_BEGAN: rows[0]["began"]} if rows else {}
    return " ".join(f"{name}={value}" for name, value in parts.items() if value is not None) or None


def check_span(link: Link, dialect: Dialect, table: TableSpec, span: Span) -> None:
    """Say, in the snapshot that is open, that the changes of a span are all there. Raises TrackingExpired."""
    if span.after is None:
        return
    kept = find_kept(link, dialect, table)
    if int(span.after) < int(kept.kept_above):
        raise TrackingExpired(tell_expired(span.after, kept))


def marks_of(span: Span) -> tuple[Column, ...]:
    """Give the columns that tell of changes; of a whole table there are none."""
    return () if span == Span() else _MARKS


def find_query(
    dialect: Dialect, table: TableSpec, relation: Relation, span: Span | None, wanted: str
) -> Query:
    """Ask for something of the changes of a span, or of the whole table."""
    if span is None or span == Span():
        return dialect.ask(table, relation, Query(sql=""), wanted)
    condition = where(dialect, relation, span)
    rows = changes(dialect, table, relation, span)
    sql = f"SELECT {wanted} FROM {rows} WHERE {condition.sql} OPTION (RECOMPILE)"
    return Query(sql=sql, values=condition.values)


def changes(dialect: Dialect, table: TableSpec, relation: Relation, span: Span) -> str:
    """Give the changed rows of a span as they stand, under the table's own name and columns.

    The version from which on they are asked for is written into the statement, as CHANGETABLE is not
    given expressions; it is a number, or this raises CursorUnsound.
    """
    counted = cursor_type("change_tracking", resolution=None, zoned=None)
    after = counted.parse(span.after or "0")
    key, name = [dialect.quote(column) for column in table.key], dialect.quote_table(table)
    told = {mark.name for mark in _MARKS}
    columns = [dialect.quote(c.name) for c in relation.columns if c.name not in told]
    read = [f"COALESCE(t.{c}, c.{c}) AS {c}" if c in key else f"t.{c} AS {c}" for c in columns]
    read.append(
        f"CONVERT(bit, CASE WHEN t.{key[0]} IS NULL THEN 1 ELSE 0 END) AS {dialect.quote(GONE)}"
    )
    read.append(f"c.SYS_CHANGE_VERSION AS {dialect.quote(VERSION)}")
    # Where deletes are not wanted, what is gone is left out by the server.
    join = "LEFT JOIN" if table.deletes.how == "change_tracking" else "JOIN"
    matches = " AND ".join(f"t.{column} = c.{column}" for column in key)
    return (
        f"(SELECT {', '.join(read)} FROM CHANGETABLE(CHANGES {name}, {after:d}) AS c "
        f"{join} {name} AS t ON {matches}) AS {dialect.quote(table.table_name)}"
    )
