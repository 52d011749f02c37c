"""What other sessions have open: the part of a fence that SQL Server can show."""

from __future__ import annotations

from typing import Any

from shared.adapters.odbc.dialect import Activity
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.sqlserver.faults import StateHidden
from shared.loading.span import Holder

# SERVERPROPERTY('EngineEdition'), and the first version with CURRENT_TIMEZONE_ID.
_AZURE_DATABASE, _MANAGED_INSTANCE = 5, 8
_NAMES_ITS_ZONE = 16
# Clocks are set back by an hour at most.
_SET_BACK_MINUTES = 60

# Who may see all sessions. On Azure SQL Database the smallest tiers and pools show them to the
# server's administrators only: "sys.dm_tran_active_transactions". A permission that the version
# does not know gives NULL.
_FACTS = """
SELECT CONVERT(int, SERVERPROPERTY('EngineEdition')) AS edition,
       CONVERT(int, PARSENAME(CONVERT(varchar(128), SERVERPROPERTY('ProductVersion')), 4)) AS version,
       CASE
           WHEN CONVERT(varchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) = 'READ_ONLY'
               THEN 0
           WHEN CONVERT(int, SERVERPROPERTY('EngineEdition')) <> 5 THEN
               CASE WHEN HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') = 1
                      OR HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE') = 1
                    THEN 1 ELSE 0 END
           WHEN CONVERT(varchar(40), DATABASEPROPERTYEX(DB_NAME(), 'ServiceObjective'))
               IN ('Basic', 'S0', 'S1', 'ElasticPool') THEN 0
           WHEN HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE') = 1
               OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE PERFORMANCE STATE') = 1
               THEN 1
           ELSE 0
       END AS permitted
"""
_ZONE = "SELECT CONVERT(varchar(100), CURRENT_TIMEZONE_ID()) AS zone"
_VERSIONS = "SELECT CONVERT(char(18), MIN_ACTIVE_ROWVERSION(), 1) AS lowest"

# So many of the oldest are told of.
_TOLD = 3
_WHOSE = """
LEFT(s.original_login_name, 60) AS login, LEFT(s.program_name, 60) AS program,
LEFT(s.host_name, 60) AS client
"""

# "tidemark", as the context of each of its sessions.
OURS = "0x746964656D61726B"
# The readers of this login, which write nothing, this session among them.
_OURS = f"""
    SELECT ours.session_id
    FROM sys.dm_exec_sessions AS ours
    JOIN sys.dm_exec_sessions AS me ON me.session_id = @@SPID
    WHERE ours.session_id = me.session_id
       OR ((ours.program_name = 'tidemark' OR SUBSTRING(ours.context_info, 1, 8) = {OURS})
           AND ours.original_login_name = me.original_login_name)
"""

# The time that a default gives is that of its statement's start, before the statement waits for any
# lock and has anything open: a running request counts from its beginning, in any database, as its
# statement may name another. What sleeps in a SELECT or a WAITFOR outside of a transaction writes
# nothing before its next statement.
_REQUESTS = f"""
SELECT TOP ({_TOLD}) COALESCE(r.start_time, s.last_request_start_time) AS began,
       s.session_id AS session, COALESCE(r.status, s.status) AS state, {_WHOSE}
FROM sys.dm_exec_sessions AS s
LEFT JOIN sys.dm_exec_requests AS r ON r.session_id = s.session_id
WHERE s.is_user_process = 1
  AND (r.session_id IS NOT NULL OR s.status = 'running')
  AND NOT (r.session_id IS NOT NULL
           AND r.command IN ('SELECT', 'WAITFOR') AND r.open_transaction_count = 0)
  AND s.session_id NOT IN ({_OURS})
ORDER BY began
"""

# Transactions that have to do with this database, those without a session (distributed, in doubt)
# among them. The server's own, of type 3, change no row.
_TRANSACTIONS = f"""
SELECT TOP ({_TOLD}) t.transaction_begin_time AS began,
       st.session_id AS session, COALESCE(s.status, 'in doubt or distributed') AS state, {_WHOSE}
FROM sys.dm_tran_database_transactions AS d
JOIN sys.dm_tran_active_transactions AS t ON t.transaction_id = d.transaction_id
LEFT JOIN sys.dm_tran_session_transactions AS st ON st.transaction_id = d.transaction_id
LEFT JOIN sys.dm_exec_sessions AS s ON s.session_id = st.session_id
WHERE d.database_id = DB_ID()
  AND d.database_transaction_type <> 3
  AND (st.session_id IS NULL OR st.session_id NOT IN ({_OURS}))
ORDER BY began
"""


def observe_activity(link: Link) -> Activity:
    """Look at the open transactions and the running requests of others.

    Requests come first: one that is over when transactions are looked at has left its transaction,
    if it opened one.
    """
    facts = link.rows(_FACTS)[0]
    versions = str(link.rows(_VERSIONS)[0]["lowest"])
    if not facts["permitted"]:
        return Activity(oldest_open=None, sessions_hidden=True, lowest_active=versions)
    minutes = _uncertain_minutes(link, int(facts["edition"]), int(facts["version"]))
    try:
        found = _oldest(link, _REQUESTS, minutes) + _oldest(link, _TRANSACTIONS, minutes)
    except StateHidden:
        return Activity(oldest_open=None, sessions_hidden=True, lowest_active=versions)
    holders = sorted(found, key=lambda holder: holder.since)
    return Activity(
        oldest_open=holders[0].since if holders else None,
        sessions_hidden=False,
        lowest_active=versions,
        holders=tuple(holders[:_TOLD]),
    )


def _oldest(link: Link, sql: str, minutes: int) -> list[Holder]:
    return [_holder(row) for row in link.rows(_in_utc(sql, minutes))]


def _holder(row: dict[str, Any]) -> Holder:
    named = row["session"]
    return Holder(
        session=f"session {named}" if named is not None else "a transaction without a session",
        since=str(row["oldest"]),
        user=row["login"] or None,
        application=row["program"] or None,
        client=row["client"] or None,
        state=row["state"] or None,
    )


def _in_utc(sql: str, minutes: int) -> str:
    """Take a local time of the server, without a zone, to UTC, at most `minutes` too early."""
    local = "CONVERT(datetime2(6), found.began)"
    offset = f"-DATEPART(tzoffset, SYSDATETIMEOFFSET()) - {minutes}"
    text = f"CONVERT(char(26), DATEADD(minute, {offset}, {local}), 121)"
    whose = "found.session, found.state, found.login, found.program, found.client"
    return f"SELECT STUFF({text}, 11, 1, 'T') AS oldest, {whose} FROM ({sql}) AS found"


def _uncertain_minutes(link: Link, edition: int, version: int) -> int:
    """Say by how much the offset from UTC may have changed since a transaction began.

    These views show local times. They count as an hour earlier unless the server is known to be in
    UTC, as clocks may have been set back since: the present offset does not tell.
    """
    if edition == _AZURE_DATABASE:
        return 0
    if edition != _MANAGED_INSTANCE and version < _NAMES_ITS_ZONE:
        return _SET_BACK_MINUTES
    return 0 if link.rows(_ZONE)[0]["zone"] == "UTC" else _SET_BACK_MINUTES
