"""What tells a table of a PostgreSQL server from any other, as far as the login may see it."""

from __future__ import annotations

from shared.adapters.postgresql.connection import Connection

# Whoever may not execute a function may not name it in a statement either.
_SYSTEM = "SELECT system_identifier::text AS system FROM pg_control_system()"
_STANDBY = "SELECT timeline_id::text AS timeline FROM pg_control_checkpoint()"

# A view holds no row: what counts is which tables lie below it. The timeline is that of the log being
# written, as a server that was promoted has a new one at once.
_TABLE = """
WITH RECURSIVE below AS (
    SELECT oid, relkind FROM pg_catalog.pg_class WHERE oid = $1::oid
    UNION
    SELECT c.oid, c.relkind
    FROM below AS b
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = b.oid AND b.relkind = 'v'
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> b.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
)
SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may_system,
       has_function_privilege('pg_control_checkpoint()', 'EXECUTE') AS may_checkpoint,
       pg_is_in_recovery() AS standby,
       CASE WHEN NOT pg_is_in_recovery() THEN
           ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::text
       END AS timeline,
       (SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()) AS database,
       CASE WHEN count(*) FILTER (WHERE relkind <> 'v') = 1
            THEN min(oid::text) FILTER (WHERE relkind <> 'v')
            ELSE md5(string_agg(oid::text, ',' ORDER BY oid) FILTER (WHERE relkind <> 'v'))
       END AS tables
FROM below
"""


def find_identity(connection: Connection, oid: str, counter: str | None) -> str:
    """Write the identity of a table: see `shared.extraction.source.TableShape`.

    `counter` stands for the sequence behind the cursor column.
    """
    found = connection.rows(_TABLE, oid)[0]
    system, timeline = None, found["timeline"]
    if found["may_system"]:
        system = connection.rows(_SYSTEM)[0]["system"]
    if found["standby"] and found["may_checkpoint"]:
        timeline = connection.rows(_STANDBY)[0]["timeline"]
    parts = {
        "system": system,
        "timeline": timeline,
        "database": found["database"],
        "table": found["tables"],
        "counter": counter,
    }
    return " ".join(f"{name}={value}" for name, value in parts.items() if value is not None)
