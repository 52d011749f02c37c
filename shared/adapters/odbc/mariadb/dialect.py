"""MariaDB's dialect: how its sessions are settled and its snapshots opened."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pyarrow as pa

from shared.adapters.odbc.address import Address
from shared.adapters.odbc.dialect import Activity, Column, Dialect, Relation
from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.links import Link, RowLink
from shared.adapters.odbc.mariadb import arithmetic, pages, sizes, storage
from shared.adapters.odbc.mariadb.activity import observe_activity
from shared.adapters.odbc.mariadb.faults import FAULTS
from shared.adapters.odbc.mariadb.relation import describe
from shared.adapters.odbc.rows import rows_of
from shared.catalog import TableSpec
from shared.extraction.adding import Additions
from shared.loading.errors import SourceUnavailable
from shared.loading.span import Span

# Bits of the driver's OPTION: only forward, and from the server row by row instead of through a
# copy of the whole result. Bits that change values (no BIGINT, padding) are thereby off.
_FORWARD_ONLY, _NO_CACHE = 1 << 21, 1 << 20

# Connector/ODBC 3.1.17 is the first that streams; before, it copies a result whole.
_FIRST_TO_STREAM = "03.01.0017"
_COPIED = "copied"

_ASSIGNED = """
SELECT DATA_TYPE AS type, COALESCE(COLUMN_DEFAULT, '') AS written, EXTRA AS extra
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = ?
"""
_CLOCK = "DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%f')"
_OPEN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_CLOSE = "ROLLBACK"
_UNLOCK = "UNLOCK TABLES"


class MariadbDialect(Dialect):
    """MariaDB from 10.5; MySQL 8 speaks the same, and is not tested here."""

    engine = "mariadb"
    faults = FAULTS
    settings = (
        # Values have one text, and every row is given, whatever the login's defaults are.
        "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'",
        "SET SESSION character_set_results = utf8mb4",
        "SET SESSION sql_select_limit = DEFAULT, sql_big_selects = 1",
        # A load that comes while a table is altered tries again later. A reader may pause for
        # longer than the server's minute. What MariaDB alone has stands in its own comment.
        "SET SESSION lock_wait_timeout = 30, net_write_timeout = 3600",
        "SET SESSION sql_auto_is_null = 0 /*M! , max_statement_time = 0 */",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    )

    def settle(self, address: Address) -> Address:
        """Stream results, in UTF-8, and never connect anew in the middle of a transaction."""
        return address.settled(
            {
                "OPTION": str(_FORWARD_ONLY | _NO_CACHE),
                "CHARSET": "utf8mb4",
                "AUTO_RECONNECT": "0",
            }
        )

    def quote(self, name: str) -> str:
        """Quote an identifier: see "Identifier Names" in the MariaDB documentation."""
        return "`" + name.replace("`", "``") + "`"

    def describe(self, link: RowLink, table: TableSpec) -> Relation:
        """Look a table up; see `Dialect.describe`."""
        version = link.raw.getinfo(pyodbc.SQL_DRIVER_VER)
        traits = frozenset({_COPIED}) if str(version) < _FIRST_TO_STREAM else frozenset[str]()
        return replace(describe(link, table), traits=traits)

    def key_parameter(self, column: Column, ordered: str | None) -> str | None:
        """Make a value of exactly the column's type: beside a text, a number would be compared as a double."""
        kind = column.landing.lands
        if pa.types.is_binary(kind):
            return "UNHEX(?)"
        if pa.types.is_floating(kind):
            return "CAST(? AS DOUBLE)"
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
            return ordered or "CAST(? AS SIGNED)"
        return super().key_parameter(column, ordered)

    @contextmanager
    def stream(
        self, link: Link, table: TableSpec, relation: Relation, span: Span
    ) -> Generator[Iterator[pa.RecordBatch]]:
        """Stream a span's rows, page by page where the driver copies a result into memory."""
        pager = None
        if _COPIED in relation.traits:
            pager = pages.find_pager(self, link, table, relation, span=span)
        if pager is None:
            with super().stream(link, table, relation, span) as batches:
                yield batches
        else:
            found = pages.read_pages(self, link, table, relation, span=span, pager=pager)
            with closing(found) as batches:
                yield batches

    def check_readable(self, link: Link, table: TableSpec) -> tuple[str, ...]:
        """Raise SnapshotUnavailable unless all that is read is InnoDB, or locked instead."""
        return storage.check_readable(link, table)

    def open_snapshot(self, link: Link, table: TableSpec, relation: Relation) -> str:
        """Open a snapshot and keep the table from being altered until it ends.

        Raises:
            SourceUnavailable: the table was altered since it was looked up.
        """
        if storage.is_locked(table):
            link.rows(f"LOCK TABLES {self.quote_table(table)} READ")
        else:
            link.rows(_OPEN)
        read_at = self.clock(link)
        # Takes the table's metadata lock, or fails because the table is younger than the snapshot.
        link.rows(f"SELECT 1 AS one FROM {rows_of(self, table)} LIMIT 0")
        # A query is described outside of a snapshot only; what it reads is locked by now as well.
        if table.query is None and describe(link, table).columns != relation.columns:
            raise SourceUnavailable(f"{table.table} was altered while its read began")
        return read_at

    def close_snapshot(self, link: Link) -> None:
        """End the transaction, and with it the locks."""
        link.rows(_CLOSE)
        link.rows(_UNLOCK)

    def additions(self, link: Link, table: TableSpec, relation: Relation) -> Additions:  # noqa: ARG002 - the port's
        """Say what the server adds up of the rows of a span."""
        return arithmetic.find_additions(self, relation, table.receipt)

    def row_hash(self, relation: Relation) -> str:
        """Give SQL for a row's hash."""
        return arithmetic.row_hash(self, relation)

    def clock(self, link: Link) -> str:
        """Give the time at which this statement began."""
        return str(link.rows(f"SELECT {_CLOCK} AS clock")[0]["clock"])

    def activity(self, link: Link) -> Activity:
        """Look at the statements and transactions of others."""
        return observe_activity(link)

    def doubts(self, link: Link, table: TableSpec) -> tuple[str, ...]:
        """Tell of a default that takes the time zone of each session."""
        found = link.rows(_ASSIGNED, table.schema_name, table.table_name, table.cursor.column or "")
        if not found or found[0]["type"].lower() not in ("datetime", "date"):
            return ()
        written = f"{found[0]['written']} {found[0]['extra']}".lower()
        if "current_timestamp" not in written and "curdate" not in written:
            return ()
        return (
            (
                f"settled: {table.cursor.column} has no time zone and takes that of each session; "
                "a timestamp column does not"
            ),
        )

    def estimate(self, link: Link, table: TableSpec, relation: Relation, span: Span | None) -> int:
        """Estimate the rows of a span, of the whole table without one."""
        return sizes.estimate(self, link, table, relation, span)

    def cut(
        self, link: Link, table: TableSpec, relation: Relation, span: Span, parts: int
    ) -> tuple[str, ...]:
        """Give at most `parts - 1` distinct ascending values inside the span."""
        return sizes.cut(self, link, table, relation, span=span, parts=parts)
