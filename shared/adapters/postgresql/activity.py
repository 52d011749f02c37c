"""What other sessions have open in a database: the part of a fence that PostgreSQL can show."""

from __future__ import annotations

from dataclasses import dataclass

from shared.adapters.postgresql.connection import Connection

_ISO = "'YYYY-MM-DD\"T\"HH24:MI:SS.US'"

# Left out: this session and the other readers of this login, which are read-only; vacuum and the
# server's own processes, which have no user; and senders of the log. Background workers stay in:
# those of logical replication and of job schedulers write rows.
_SESSIONS = f"""
SELECT to_char(min(xact_start) AT TIME ZONE 'UTC', {_ISO}) AS oldest,
       coalesce(bool_or(query = '<insufficient privilege>' OR state = 'disabled'), false)
           OR current_setting('track_activities') = 'off'
           OR pg_is_in_recovery() AS hidden
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database()
  AND pid <> pg_backend_pid()
  AND usesysid IS NOT NULL
  AND backend_type IS DISTINCT FROM 'walsender'
  AND NOT (usename = session_user AND application_name = 'tidemark')
"""

_PREPARED = f"""
SELECT to_char(min(prepared) AT TIME ZONE 'UTC', {_ISO}) AS oldest
FROM pg_catalog.pg_prepared_xacts
WHERE database = current_database()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Start of the oldest transaction of anybody else (UTC, ISO 8601), and whether any is hidden."""

    oldest_open: str | None
    sessions_hidden: bool


def observe_activity(connection: Connection) -> Activity:
    """Look at the open transactions of this database.

    Those of sessions come first: a transaction that is prepared meanwhile is then seen among the
    prepared ones. Of these the server knows when they were prepared, not when they began, so with
    one of them open nothing is proven.
    """
    sessions = connection.rows(_SESSIONS)[0]
    prepared = connection.rows(_PREPARED)[0]["oldest"]
    starts = [start for start in (sessions["oldest"], prepared) if start is not None]
    return Activity(
        oldest_open=min(starts, default=None),
        sessions_hidden=sessions["hidden"] or prepared is not None,
    )
