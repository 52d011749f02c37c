"""How a table is read as it stood at one moment, by what its database allows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from shared.adapters.odbc.links import Link
from shared.catalog import TableSpec
from shared.loading.errors import SnapshotUnavailable

EXTERNAL = "external"
IN_MEMORY = "memory-optimized"

# Truncated, not rounded: what has a time is not from later. ISO 8601 with microseconds.
_CLOCK = "STUFF(LEFT(CONVERT(char(27), SYSUTCDATETIME(), 121), 26), 11, 1, 'T')"
CLOCK = f"SELECT {_CLOCK} AS clock"

# 1 is ON; while it is switched the state is another, and new transactions may fail.
_DATABASE = """
SELECT snapshot_isolation_state AS versions_by_transaction,
       is_read_committed_snapshot_on AS versions_by_statement,
       CONVERT(varchar(20), DATABASEPROPERTYEX(name, 'Updateability')) AS updateability,
       QUOTENAME(name) AS name
FROM sys.databases
WHERE database_id = DB_ID()
"""


class Reading(StrEnum):
    """What gives a reader one state of a table."""

    #: A transaction at the isolation level SNAPSHOT.
    TRANSACTION = "transaction"
    #: A single statement, which reads row versions of one moment.
    STATEMENT = "statement"
    #: Shared locks on all that was read, until the end.
    LOCKS = "locks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What the current database allows its readers. `name` is quoted."""

    name: str
    versions_by_transaction: bool
    versions_by_statement: bool
    read_only: bool


def find_database(link: Link) -> Database:
    """Look at the current database."""
    found = link.rows(_DATABASE)[0]
    return Database(
        name=str(found["name"]),
        versions_by_transaction=int(found["versions_by_transaction"]) == 1,
        versions_by_statement=bool(found["versions_by_statement"]),
        read_only=found["updateability"] == "READ_ONLY",
    )


def choose_reading(database: Database, table: TableSpec, traits: Collection[str]) -> Reading:
    """Say how a table is read.

    A statement on a memory-optimized table sees one moment by itself, and refuses the level
    SNAPSHOT of a session (error 41332); a database that is read-only, or a readable secondary,
    gives each statement one moment whatever the level.

    Raises:
        SnapshotUnavailable: it can not be; the message says what to run.
    """
    if EXTERNAL in traits:
        raise SnapshotUnavailable(
            f"{table.table} is an external table: its rows lie elsewhere; read them there"
        )
    if IN_MEMORY in traits or database.read_only:
        return Reading.STATEMENT
    if database.versions_by_transaction:
        return Reading.TRANSACTION
    if database.versions_by_statement:
        return Reading.STATEMENT
    if table.source.isolation == "serializable":
        return Reading.LOCKS
    raise SnapshotUnavailable(
        f"database {database.name} keeps no row versions; let it: "
        f"ALTER DATABASE {database.name} SET ALLOW_SNAPSHOT_ISOLATION ON"
    )


def set_level(reading: Reading) -> str:
    """Give the statement that sets the isolation level for what is asked besides the rows.

    So that a highest value or a count waits for no writer where versions are kept. Without them it
    waits, for as long as a lock may take: what is not committed must not count.
    """
    level = "SNAPSHOT" if reading is Reading.TRANSACTION else "READ COMMITTED"
    return f"SET TRANSACTION ISOLATION LEVEL {level}"


def begin(link: Link, reading: Reading) -> str:
    """Begin reading; give the clock just before the state that is read.

    A snapshot is taken by the first statement that reads data, which the clock is not ("SET
    TRANSACTION ISOLATION LEVEL"): the state holds all that was committed by then, and maybe more.
    A clock read later would claim rows that are not in it.
    """
    match reading:
        case Reading.TRANSACTION:
            link.rows("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
            link.rows("BEGIN TRANSACTION")
        case Reading.STATEMENT:
            link.rows("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        case Reading.LOCKS:
            link.rows("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            link.rows("BEGIN TRANSACTION")
    return str(link.rows(CLOCK)[0]["clock"])


# The server may have ended the transaction already, by an error.
END = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"
