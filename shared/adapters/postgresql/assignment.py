"""How a cursor column gets its values, as far as the catalog tells: where that may be late, and its counter."""

from __future__ import annotations

from dataclasses import dataclass

from shared.adapters.postgresql.connection import Connection
from shared.loading.errors import CursorUnsound

# A relation with what its rows come from: its partitions and children, and what its views read.
_BELOW = """
WITH RECURSIVE below AS (
    SELECT oid, relkind, relname FROM pg_catalog.pg_class WHERE oid = $1::oid
    UNION
    SELECT c.oid, c.relkind, c.relname
    FROM below AS b
    CROSS JOIN LATERAL (
        SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = b.oid
        UNION
        SELECT d.refobjid
        FROM pg_catalog.pg_rewrite AS r
        JOIN pg_catalog.pg_depend AS d
          ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
         AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> b.oid
        WHERE r.ev_class = b.oid AND b.relkind = 'v'
    ) AS next
    JOIN pg_catalog.pg_class AS c ON c.oid = next.oid
)
SELECT min(relname) FILTER (WHERE relkind = 'm') AS materialised,
       min(relname) FILTER (WHERE relkind = 'f') AS elsewhere,
       min(relname) FILTER (WHERE oid IN (
           SELECT srrelid FROM pg_catalog.pg_subscription_rel
       )) AS subscribed
FROM below
"""

# The sequences that belong to the column or that its default draws from, and the default's text.
_COLUMN = """
SELECT pg_get_expr(d.adbin, d.adrelid) AS written,
       s.seqrelid::text AS sequence, s.seqcache > 1 AS cached, s.seqcycle AS cycles,
       s.seqincrement < 0 AS descends, pg_relation_filenode(s.seqrelid)::text AS file,
       has_sequence_privilege(s.seqrelid, 'USAGE') OR has_sequence_privilege(s.seqrelid, 'SELECT')
           AS readable,
       (s.seqstart - s.seqincrement)::text AS before_first
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_sequence AS s ON s.seqrelid IN (
    SELECT o.objid FROM pg_catalog.pg_depend AS o
    WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
      AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum AND o.deptype IN ('a', 'i')
    UNION
    SELECT o.refobjid FROM pg_catalog.pg_depend AS o
    WHERE o.classid = 'pg_attrdef'::regclass AND o.objid = d.oid
      AND o.refclassid = 'pg_class'::regclass
)
WHERE a.attrelid = $1::oid AND a.attname = $2
"""
_LAST = "SELECT pg_sequence_last_value($1::oid)::text AS last"

# What these give follows the session's TimeZone once it loses its zone.
_BY_SESSION = (
    "now()",
    "timestamp()",
    "CURRENT_TIMESTAMP",
    "LOCALTIMESTAMP",
    "CURRENT_DATE",
    "clock_timestamp()",
)
_ZONELESS = frozenset({"timestamp", "date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What the catalog tells of a cursor column.

    `doubts` and `counter` are those of `shared.loading.span.Observation`. `sequence` stands for the
    column's own sequence and changes when that is restarted or another takes its place.
    """

    doubts: tuple[str, ...] = ()
    counter: str | None = None
    sequence: str | None = None


def look_at_relation(connection: Connection, oid: str) -> tuple[str, ...]:
    """Tell of rows that come with values given elsewhere, or before."""
    found = connection.rows(_BELOW, oid)[0]
    reasons = (
        ("materialised", "is a materialised view: a refresh brings rows with times before it"),
        ("elsewhere", "is a foreign table, whose open transactions are not seen here"),
        ("subscribed", "is filled by logical replication, with values that its publisher gave"),
    )
    return tuple(f"settled: {found[name]} {why}" for name, why in reasons if found[name])


def look_at_column(connection: Connection, oid: str, column: str, source: str) -> Assignment:
    """Look at a column's default and its sequence; `source` is the name of its type.

    Raises:
        CursorUnsound: the sequence counts down, or begins again at its end.
    """
    rows = connection.rows(_COLUMN, oid, column)
    doubts = _zone_doubts(column, str(rows[0]["written"] or ""), source)
    drawn = [row for row in rows if row["sequence"] is not None]
    if any(row["descends"] or row["cycles"] for row in drawn):
        raise CursorUnsound(
            f"column {column}: its sequence counts down or begins again at its end (CYCLE)"
        )
    if any(row["cached"] for row in drawn):
        doubts += (
            f"settled: the sequence of {column} is cached: sessions use numbers later than they take them",
        )
    if len(drawn) != 1 or not drawn[0]["readable"]:
        return Assignment(doubts=doubts)
    sequence = drawn[0]
    last = connection.rows(_LAST, sequence["sequence"])[0]["last"]
    return Assignment(
        doubts=doubts,
        counter=last if last is not None else str(sequence["before_first"]),
        sequence=f"{sequence['sequence']}.{sequence['file']}",
    )


def _zone_doubts(column: str, written: str, source: str) -> tuple[str, ...]:
    """Tell of a default whose value follows the writer's own time zone."""
    by_session = any(name in written for name in _BY_SESSION)
    fixed = "timezone(" in written or "AT TIME ZONE" in written
    if source not in _ZONELESS or not by_session or fixed:
        return ()
    return (
        (
            f"settled: {column} has no time zone and takes that of each session ({written}); "
            "a timestamptz, or a default such as (now() AT TIME ZONE 'UTC'), does not"
        ),
    )
