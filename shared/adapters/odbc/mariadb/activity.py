"""What others have running and open: the part of a fence that MariaDB can show."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from shared.adapters.odbc.dialect import Activity
from shared.adapters.odbc.links import Link
from shared.adapters.odbc.mariadb.faults import PrivilegeMissing
from shared.loading.errors import IngestError
from shared.loading.span import Holder

# A default of NOW() is the start of its statement, which may wait for long before its transaction
# begins. Whole seconds have passed, so one more is taken off.
_STATEMENTS = """
SELECT CAST(ID AS SIGNED) AS thread, USER = 'system user' AS replicating,
       LEFT(USER, 60) AS login, LEFT(HOST, 60) AS client, LEFT(COMMAND, 60) AS state,
       DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%f') AS clock,
       DATE_FORMAT(UTC_TIMESTAMP(6) - INTERVAL TIME + 1 SECOND, '%Y-%m-%dT%H:%i:%s.%f') AS began
FROM information_schema.PROCESSLIST
WHERE ID <> CONNECTION_ID() AND COMMAND <> 'Daemon' AND COMMAND NOT LIKE 'Binlog Dump%'
  AND (COMMAND <> 'Sleep' OR USER = 'system user')
"""
# Started in the zone of the server's machine. Where that is not UTC, its clock may have been set
# back by an hour since.
_TRANSACTIONS = """
SELECT trx_id AS id, CAST(trx_mysql_thread_id AS SIGNED) AS thread,
       trx_is_read_only = 1 OR trx_autocommit_non_locking = 1 AS reading,
       DATE_FORMAT(
           CONVERT_TZ(trx_started, 'SYSTEM', '+00:00')
               - INTERVAL IF(@@system_time_zone = 'UTC', 0, 1) HOUR,
           '%Y-%m-%dT%H:%i:%s.%f') AS began,
       trx_mysql_thread_id = CONNECTION_ID() AND LOCATE('{token}', trx_query) > 0 AS fresh
FROM information_schema.INNODB_TRX
"""
# Whose the open transactions are; one that was prepared may be nobody's any more.
_THREADS = """
SELECT CAST(ID AS SIGNED) AS thread, LEFT(USER, 60) AS login, LEFT(HOST, 60) AS client,
       LEFT(COMMAND, 60) AS state
FROM information_schema.PROCESSLIST
"""
# So many of the oldest are told of.
_TOLD = 3
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_END = "ROLLBACK"
# The server keeps its list of transactions for 100 ms after anybody has last read it.
_PAUSE = "DO SLEEP(0.12)"
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transactions:
    """Those that may write, by id with their threads and starts, and the threads that only read."""

    writing: Mapping[str, tuple[int, str]]
    reading: frozenset[int]


def observe_activity(link: Link) -> Activity:
    """Look at the statements that run, then at the transactions that are open.

    A row that appears later was written by a statement that runs at the first look, so that its
    start is known; or by one that began after it; or by one that is over while its transaction is
    open. Of the last the server does not know when it began. So such transactions are looked for
    again: one that has ended meanwhile is of no matter, one that lasts proves nothing.

    A login without the privilege PROCESS sees only itself. On a replica, and in a cluster, rows
    come from elsewhere. A session that sets its own `timestamp` cannot be seen.
    """
    try:
        with _transaction(link):
            statements = link.rows(_STATEMENTS)
            seen = _look(link)
            lasting = None if seen is None else _await_end(link, seen)
    except PrivilegeMissing:
        return Activity(oldest_open=None, sessions_hidden=True)
    readers = seen.reading if seen else frozenset[int]()
    running = [row for row in statements if row["thread"] not in readers]
    holders = [_statement(row) for row in running] + _transactions(link, lasting or {})
    holders.sort(key=lambda holder: holder.since)
    return Activity(
        oldest_open=holders[0].since if holders else None,
        sessions_hidden=lasting is None
        or bool(lasting)
        or any(row["replicating"] for row in running),
        holders=tuple(holders[:_TOLD]),
    )


def _statement(row: Mapping[str, Any]) -> Holder:
    return Holder(
        session=f"thread {row['thread']}",
        since=str(row["began"]),
        user=row["login"] or None,
        client=row["client"] or None,
        state=row["state"] or None,
    )


def _transactions(link: Link, lasting: Mapping[str, tuple[int, str]]) -> list[Holder]:
    if not lasting:
        return []
    threads = {row["thread"]: row for row in link.rows(_THREADS)}
    return [
        _statement({**threads[thread], "began": began})
        if thread in threads
        else Holder(session=f"transaction {number}", since=began, state="without a session")
        for number, (thread, began) in lasting.items()
    ]


def _await_end(link: Link, seen: _Transactions) -> Mapping[str, tuple[int, str]] | None:
    """Give those transactions that last, None if the server does not show what is open now."""
    lasting = seen.writing
    for _ in range(_TRIES):
        if not lasting:
            break
        again = _look(link)
        if again is None:
            return None
        lasting = {key: start for key, start in lasting.items() if key in again.writing}
    return lasting


def _look(link: Link) -> _Transactions | None:
    """List the open transactions; None if others keep the server's list from being made anew."""
    token = uuid.uuid4().hex
    sql = _TRANSACTIONS.format(token=token)
    for _ in range(_TRIES):
        found = link.rows(sql)
        # Made by this very statement: it shows itself.
        if any(row["fresh"] for row in found):
            return _Transactions(
                writing={
                    str(row["id"]): (int(row["thread"]), str(row["began"]))
                    for row in found
                    if not row["reading"]
                },
                reading=frozenset(row["thread"] for row in found if row["reading"]),
            )
        link.rows(_PAUSE)
    return None


@contextmanager
def _transaction(link: Link) -> Generator[None]:
    """Hold a transaction of our own, which the list has to show."""
    link.rows(_BEGIN)
    try:
        yield
    except BaseException:
        # The first error is the one to report; on a dead connection this is a second.
        with suppress(IngestError):
            link.rows(_END)
        raise
    link.rows(_END)
