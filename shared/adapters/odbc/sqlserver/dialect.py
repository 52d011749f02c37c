"""SQL Server, Azure SQL Database and Azure SQL Managed Instance over ODBC."""

from __future__ import annotations

from shared.adapters.odbc.address import Address
from shared.adapters.odbc.dialect import Activity, Column, Cursor, Dialect, Relation
from shared.adapters.odbc.links import Dial, Link, RowLink
from shared.adapters.odbc.rows import Query, rows_of
from shared.adapters.odbc.sqlserver import arithmetic, cuts, native, snapshot, tracking
from shared.adapters.odbc.sqlserver.activity import OURS, observe_activity
from shared.adapters.odbc.sqlserver.address import settle
from shared.adapters.odbc.sqlserver.cursors import settle_span
from shared.adapters.odbc.sqlserver.faults import FAULTS
from shared.adapters.odbc.sqlserver.identity import find_identity
from shared.adapters.odbc.sqlserver.relation import TRACKED, describe, find_table
from shared.adapters.odbc.sqlserver.snapshot import IN_MEMORY, Reading
from shared.catalog import TableSpec
from shared.extraction.adding import Additions
from shared.loading.span import Span, Tracking

# Types that read no text with more digits of a second than these.
_BY_SECONDS = {"datetime": 3, "smalldatetime": 0}
# The plan is made for the very bounds, with the statistics of now: one made for others may scan a
# table for a handful of rows.
_FRESH_PLAN = " OPTION (RECOMPILE)"


class SqlServerDialect(Dialect):
    """What SQL Server says differently."""

    engine = "sqlserver"
    faults = FAULTS
    # A load that comes while a table is altered tries again later, and in a deadlock it is the one
    # to give way. TEXTSIZE would cut long values without a word.
    settings = (
        "SET NOCOUNT ON",
        "SET LOCK_TIMEOUT 30000",
        "SET DEADLOCK_PRIORITY LOW",
        "SET TEXTSIZE 2147483647",
        # Sessions are known by it where a driver's package sets the name of the program itself.
        f"SET CONTEXT_INFO {OURS}",
    )

    def settle(self, address: Address) -> Address:
        return settle(address)

    def dial(self, relation: Relation | None) -> Dial:
        return native.choose_dial(relation)

    def reads_otherwise(self, relation: Relation) -> tuple[str, ...]:
        return native.tell_lossy(relation)

    def quote(self, name: str) -> str:
        """Quote an identifier: doubling the closing bracket is the whole rule ("QUOTENAME")."""
        return "[" + name.replace("]", "]]") + "]"

    def describe(self, link: RowLink, table: TableSpec) -> Relation:
        """Look a table up; what is asked of it on this link from here on waits for no writer."""
        found = find_table(link, table)
        reading = snapshot.choose_reading(snapshot.find_database(link), table, found.traits)
        link.rows(snapshot.set_level(reading))
        if _is_tracked(table):
            tracking.check_tracked(link, table, self.quote_table(table), found, reading)
        return describe(link, table, found)

    def check_readable(self, link: Link, table: TableSpec) -> tuple[str, ...]:
        database, found = snapshot.find_database(link), find_table(link, table)
        findings: list[str] = []
        if snapshot.choose_reading(database, table, found.traits) is Reading.LOCKS:
            findings.append(
                f"database {database.name} keeps no row versions: writers of {table.table} wait "
                "while it is read (isolation: serializable)"
            )
        if found.filtered:
            findings.append(
                f"a security policy filters {table.table}: only the rows that the login may see "
                "are read"
            )
        return tuple(findings)

    def open_snapshot(self, link: Link, table: TableSpec, relation: Relation) -> str:
        # Looked up again: a database that stops to keep versions must not be read as if it did.
        database = snapshot.find_database(link)
        return snapshot.begin(link, snapshot.choose_reading(database, table, relation.traits))

    def close_snapshot(self, link: Link) -> None:
        link.rows(snapshot.END)

    def additions(self, link: Link, table: TableSpec, relation: Relation) -> Additions | None:
        """Say what the server adds up of the rows of a span.

        None where each statement has a snapshot of its own: a second one may see other rows.
        """
        reading = snapshot.choose_reading(snapshot.find_database(link), table, relation.traits)
        if reading is Reading.STATEMENT:
            return None
        level = table.receipt
        if level == "hashes" and not arithmetic.knows_utf8(link):
            level = "values"
        return arithmetic.find_additions(self, relation, level)

    def row_hash(self, relation: Relation) -> str:
        """Give SQL for a row's hash; a server older than 2019 refuses it."""
        return arithmetic.row_hash(self, relation)

    def clock(self, link: Link) -> str:
        return str(link.rows(snapshot.CLOCK)[0]["clock"])

    def activity(self, link: Link) -> Activity:
        return observe_activity(link)

    def identity(self, link: Link, table: TableSpec) -> str | None:
        name = self.quote_table(table)
        parts = [find_identity(link, name)]
        if _is_tracked(table):
            parts.append(tracking.find_identity(link, name))
        return " ".join(part for part in parts if part) or None

    def tracking(self, link: Link, table: TableSpec, since: str | None) -> Tracking | None:
        return tracking.find_kept(link, self, table, since) if _is_tracked(table) else None

    def marks(self, relation: Relation, span: Span) -> tuple[Column, ...]:
        return tracking.marks_of(span) if TRACKED in relation.traits else ()

    def check_span(self, link: Link, table: TableSpec, span: Span) -> None:
        if _is_tracked(table):
            tracking.check_span(link, self, table, span)

    def estimate(self, link: Link, table: TableSpec, relation: Relation, span: Span | None) -> int:
        return cuts.estimate(self, link, table, relation, span)

    def cut(
        self, link: Link, table: TableSpec, relation: Relation, span: Span, parts: int
    ) -> tuple[str, ...]:
        changed = TRACKED in relation.traits
        rows = tracking.changes(self, table, relation, span) if changed else None
        return cuts.cut(self, link, table, relation, span, parts=parts, rows=rows)

    def highest(self, link: Link, table: TableSpec, cursor: Cursor) -> str | None:
        if _is_tracked(table):
            return tracking.read_version(link, table)
        # Not by MAX, which is not defined for rowversion.
        column = self.quote(cursor.name)
        found = link.rows(
            f"SELECT TOP (1) {cursor.text.replace('{}', column)} AS highest "
            f"FROM {rows_of(self, table)} WHERE {column} IS NOT NULL ORDER BY {column} DESC"
        )
        return str(found[0]["highest"]) if found else None

    def has_nulls(self, link: Link, table: TableSpec, cursor: Cursor) -> bool:
        if _is_tracked(table):
            return False
        # One is enough: COUNT would read all of them, and end at two billion.
        column, name = self.quote(cursor.name), rows_of(self, table)
        return bool(link.rows(f"SELECT TOP (1) 1 AS found FROM {name} WHERE {column} IS NULL"))

    def key_parameter(self, column: Column, ordered: str | None) -> str | None:
        """Make a value of the column's type; a text is left to the column's collation."""
        declared = column.declared
        if declared in _BY_SECONDS:
            return f"CONVERT({declared}, CONVERT(datetime2({_BY_SECONDS[declared]}), ?, 121))"
        if declared.startswith(("datetimeoffset", "datetime2", "time(")):
            return f"CONVERT({declared}, ?, 121)"
        if declared == "uniqueidentifier":
            return "CONVERT(uniqueidentifier, ?)"
        if declared.startswith(("binary", "varbinary")):
            return f"CONVERT({declared}, ?, 2)"
        return super().key_parameter(column, ordered)

    def query(self, table: TableSpec, relation: Relation, span: Span | None, wanted: str) -> Query:
        if TRACKED in relation.traits:
            return tracking.find_query(self, table, relation, span, wanted)
        if span is not None and relation.cursor is not None:
            span = settle_span(relation.cursor, span)
        return super().query(table, relation, span, wanted)

    def ask(self, table: TableSpec, relation: Relation, condition: Query, wanted: str) -> Query:
        asked = super().ask(table, relation, condition, wanted)
        sql = asked.sql
        if IN_MEMORY in relation.traits:
            # One state of such a table ("Transactions with Memory-Optimized Tables").
            name = self.quote_table(table)
            sql = sql.replace(f" FROM {name}", f" FROM {name} WITH (SNAPSHOT)", 1)
        return Query(sql=sql + _FRESH_PLAN, values=asked.values)


def _is_tracked(table: TableSpec) -> bool:
    return table.cursor.kind == "change_tracking"
