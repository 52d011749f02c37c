"""A change of the sample's rows, and how it is made. Keys are given as the database's text."""

from dataclasses import dataclass

import adbc_driver_postgresql.dbapi as postgresql


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Rows of one table that were just inserted or updated.

    `seen` says whether the table's cursor can tell: if not, no incremental load will bring them.
    `breaks` names the rule of the table that these rows break.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    seen: bool
    breaks: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL that changes rows of one table, and gives their keys back as its one column."""

    name: str
    table: str
    sql: str
    seen: bool = True
    breaks: str | None = None


def make(uri: str, statement: Statement) -> Change:
    """Make a change in a transaction of its own."""
    with postgresql.connect(uri) as connection:
        change = run(connection, statement)
        connection.commit()
    return change


def run(connection: postgresql.Connection, statement: Statement) -> Change:
    """Make a change in the transaction of a connection, which stays open."""
    with connection.cursor() as cursor:
        cursor.execute(statement.sql)
        keys = tuple(str(row[0]) for row in cursor.fetchall())
    return Change(
        name=statement.name,
        table=statement.table,
        keys=keys,
        seen=statement.seen,
        breaks=statement.breaks,
    )
