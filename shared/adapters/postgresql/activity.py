"""What other sessions have open in a database: the part of a fence that PostgreSQL can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.postgresql.connection import Connection
from shared.loading.span import Holder

_ISO = "'YYYY-MM-DD\"T\"HH24:MI:SS.US'"
# So many of the oldest are told of.
_TOLD = 3
# A name that a client gives may be long; so much of it is told.
_NAME = 60

# A transaction counts from its start. While a statement runs it counts from where the client sent
# it, if that is earlier: the transactions of a procedure or of several statements sent at once
# begin later, and statement_timestamp(), of the latter now() too, is still that of the sending.
# Between two of them no transaction is shown. Background workers may be in one "statement" for days,
# so that theirs counts within a transaction only.
_START = """
CASE WHEN state IN ('active', 'fastpath function call')
          AND (backend_type = 'client backend' OR xact_start IS NOT NULL)
     THEN least(xact_start, query_start)
     ELSE xact_start END
"""
# Without the right a login sees nothing of others, and a session may have switched its reports off,
# or off and on again within a transaction: then that is open and does not show when it began. Nor
# does that of a replication connection, which takes SQL like any other. What is shown of a session
# and what it holds are read one after the other, so that one which began in between looks the same
# at first.
_HIDDEN = "query = '<insufficient privilege>' OR state = 'disabled'"
_SHY = """
xact_start IS NULL AND (state LIKE 'idle in transaction%'
                        OR backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)
"""
# Left out: this session; the other readers of this login, which are read-only and so have no
# number of a writer; vacuum and the server's own processes, which have no user. Background workers
# stay in: those of logical replication and of job schedulers write rows.
_SESSIONS = f"""
WITH others AS (
    SELECT pid, usename, application_name, host(client_addr) AS client, state, backend_type,
           {_START} AS start, coalesce({_HIDDEN}, false) AS hidden, coalesce({_SHY}, false) AS shy
    FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database()
      AND pid <> pg_backend_pid()
      AND usesysid IS NOT NULL
      AND NOT (usename = session_user AND application_name = 'tidemark' AND backend_xid IS NULL)
)
SELECT facts.hidden OR coalesce(bool_or(others.hidden) OVER (), false) AS hidden,
       coalesce(bool_or(others.shy) OVER (), false) AS shy,
       to_char(start AT TIME ZONE 'UTC', {_ISO}) AS since, pid::text AS pid,
       left(usename, {_NAME}) AS login, left(application_name, {_NAME}) AS application, client,
       CASE WHEN backend_type = 'client backend' THEN state ELSE backend_type END AS state,
       facts.standby, to_char(facts.replayed AT TIME ZONE 'UTC', {_ISO}) AS replayed
FROM (
    SELECT pg_is_in_recovery() AS standby, pg_last_xact_replay_timestamp() AS replayed,
           current_setting('track_activities') = 'off' OR pg_is_in_recovery() AS hidden
) AS facts
LEFT JOIN others ON true
ORDER BY start NULLS LAST
LIMIT {_TOLD}
"""

_PREPARED = f"""
SELECT to_char(prepared AT TIME ZONE 'UTC', {_ISO}) AS since, gid, owner::text AS login
FROM pg_catalog.pg_prepared_xacts
WHERE database = current_database()
ORDER BY prepared
"""
_PAUSE = "SELECT pg_sleep(0.1)"
# A transaction that stays prepared for longer than this is not on its way to its commit.
_LOOKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What others have open: the fields of `shared.loading.span.Observation` that say so."""

    oldest_open: str | None
    sessions_hidden: bool
    start_unknown: bool
    holders: tuple[Holder, ...]


def observe_activity(connection: Connection) -> Activity:
    """Look at the open transactions of this database.

    Those of sessions come first: a transaction that is prepared meanwhile is then seen among the
    prepared ones. Of these the server knows when they were prepared, not when they began. One that
    is open at an earlier load has held its bound back, so that the last watermark is safe from it,
    and nothing above is.

    A standby shows nobody who writes. It stands where its replay has come to, whatever its clock says:
    what it replays next was committed after the last commit that it has replayed.
    """
    sessions = _look(connection)
    prepared = _lasting(connection)
    facts = sessions[0]
    holders = [_session(row) for row in sessions if row["since"] is not None]
    holders += [_prepared(row) for row in prepared]
    if facts["standby"] and facts["replayed"]:
        holders.append(_replay(facts["replayed"]))
    holders.sort(key=lambda holder: holder.since)
    return Activity(
        oldest_open=holders[0].since if holders else None,
        sessions_hidden=bool(facts["hidden"] or facts["shy"] or prepared),
        start_unknown=bool(prepared or (facts["standby"] and not facts["replayed"])),
        holders=tuple(holders[:_TOLD]),
    )


def _look(connection: Connection) -> Sequence[dict[str, Any]]:
    """Look at the sessions, and again while one of them may only just have begun."""
    found = connection.rows(_SESSIONS)
    for _ in range(_LOOKS):
        if found[0]["hidden"] or not found[0]["shy"]:
            break
        found = connection.rows(_SESSIONS)
    return found


def _lasting(connection: Connection) -> Sequence[dict[str, Any]]:
    """Give the transactions that are prepared and stay so; most are committed at once."""
    found = connection.rows(_PREPARED)
    for _ in range(_LOOKS):
        if not found:
            break
        connection.rows(_PAUSE)
        still = {row["gid"] for row in connection.rows(_PREPARED)}
        found = [row for row in found if row["gid"] in still]
    return found


def _session(row: dict[str, Any]) -> Holder:
    return Holder(
        session=f"pid {row['pid']}",
        since=str(row["since"]),
        user=row["login"],
        application=row["application"] or None,
        client=row["client"],
        state=row["state"],
    )


def _replay(since: str) -> Holder:
    return Holder(session="replay of the primary's log", since=since, state="its last commit")


def _prepared(row: dict[str, Any]) -> Holder:
    return Holder(
        session=f"prepared transaction {row['gid']}",
        since=str(row["since"]),
        user=row["login"],
        state="prepared",
    )
