"""The dialect of an engine without one of its own: standard SQL, and what the driver says of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

import pyarrow as pa

from shared.adapters.odbc.address import Address
from shared.adapters.odbc.dialect import Activity, Cursor, Dialect, Relation
from shared.adapters.odbc.generic import relation as tables
from shared.adapters.odbc.generic.clock import to_utc
from shared.adapters.odbc.generic.engine import Engine, find_engine
from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.links import Link, RowLink
from shared.adapters.odbc.rows import Query
from shared.catalog import TableSpec
from shared.loading.errors import CursorUnsound, SnapshotUnavailable
from shared.loading.span import Span

_WHOLE_NUMBER = pa.decimal128(38, 0)


class GenericDialect(Dialect):
    """Any engine with an ODBC driver, for one session: it keeps what the driver said."""

    engine = "odbc"

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take the worker's clock, of which only the time zone of the source's is told."""
        self._now = now
        self._known: Engine | None = None

    def settle(self, address: Address) -> Address:
        """Leave the connection string as it is: what its driver knows is not known here."""
        return address

    def quote(self, name: str) -> str:
        """Quote an identifier as the driver says."""
        return self._engine.quote(name)

    def describe(self, link: RowLink, table: TableSpec) -> Relation:
        """Look a table up; see `Dialect.describe`."""
        return tables.describe(link, self._meet(link), table)

    def check_readable(self, link: Link, table: TableSpec) -> tuple[str, ...]:  # noqa: ARG002 - the port's
        """Raise SnapshotUnavailable if the driver says that its engine has no transactions."""
        if not self._engine.transactions:
            raise SnapshotUnavailable(f"{self._engine.name} has no transactions, says its driver")
        if self._engine.serializable:
            return ()
        doubt = "one query may not read one state of the table"
        return (f"{self._engine.name} offers no serializable transactions: {doubt}",)

    def open_snapshot(self, link: Link, table: TableSpec, relation: Relation) -> str:  # noqa: ARG002 - the port's
        """Settle that each statement reads one state; a read is one statement.

        It is a transaction of its own, which ODBC's autocommit mode begins and ends in every
        driver. The clock is read just before it.
        """
        engine = self._meet(link)
        if engine.serializable:
            with _rows(link).faults.translated():
                _rows(link).raw.set_attr(pyodbc.SQL_ATTR_TXN_ISOLATION, pyodbc.SQL_TXN_SERIALIZABLE)
        return self.clock(link)

    @contextmanager
    def one_transaction(self, link: Link) -> Generator[None]:
        """Let several statements be one transaction, as only ODBC itself says it to every driver."""
        rows = _rows(link)
        with rows.faults.translated():
            rows.raw.autocommit = False
        yield
        with rows.faults.translated():
            rows.raw.rollback()
            rows.raw.autocommit = True

    def close_snapshot(self, link: Link) -> None:
        """Nothing is left open: the statement was the transaction."""

    def clock(self, link: Link) -> str:
        """Give the source's clock, in UTC by the worker's knowledge of the zone."""
        sql = f"SELECT CURRENT_TIMESTAMP AS {self._meet(link).quote('clock')}"
        reading = self._values(link, Query(sql=sql + self._engine.one_row), pa.string())[0]
        return to_utc(str(reading), self._now())

    def activity(self, link: Link) -> Activity:  # noqa: ARG002 - the port's
        """Say that nothing is known of others: no standard statement tells of them."""
        return Activity(oldest_open=None, sessions_hidden=True)

    def estimate(self, link: Link, table: TableSpec, relation: Relation, span: Span | None) -> int:
        """Count the rows of a span, of the whole table without one."""
        query = self.query(table, relation, span, f"COUNT(*) AS {self.quote('rows')}")
        return int(link.rows(query.sql, *query.values)[0]["rows"])

    def cut(
        self, link: Link, table: TableSpec, relation: Relation, span: Span, parts: int
    ) -> tuple[str, ...]:
        """Give at most `parts - 1` distinct ascending values inside the span, below its highest."""
        if relation.cursor is None:
            raise CursorUnsound(f"{table.table} has no cursor to cut by")
        column, value, part = (self.quote(n) for n in (relation.cursor.name, "value", "part"))
        tile = f"{column} AS {value}, NTILE({parts}) OVER (ORDER BY {column}) AS {part}"
        seen = self.query(table, relation, span, tile)
        sql = f"SELECT MAX({value}) AS {value} FROM ({seen.sql}) {self.quote('seen')}"
        ends = Query(sql=f"{sql} GROUP BY {part} ORDER BY 1", values=seen.values)
        values = self._values(link, ends, _wire_of(table))
        return tuple(str(each) for each in dict.fromkeys(values[:-1]) if each != values[-1])

    def highest(self, link: Link, table: TableSpec, cursor: Cursor) -> str | None:
        """Give the highest cursor value as the driver writes it."""
        sql = f"SELECT MAX({self.quote(cursor.name)}) AS {self.quote('highest')}"
        query = Query(sql=f"{sql} FROM {self.quote_table(table)}")
        value = self._values(link, query, _wire_of(table))[0]
        return None if value is None else str(value)

    def has_nulls(self, link: Link, table: TableSpec, cursor: Cursor) -> bool:
        """Say whether there are rows without a cursor value."""
        sql = f"SELECT COUNT(*) AS {self.quote('rows')} FROM {self.quote_table(table)}"
        return bool(link.rows(f"{sql} WHERE {self.quote(cursor.name)} IS NULL")[0]["rows"])

    @property
    def _engine(self) -> Engine:
        if self._known is None:
            raise RuntimeError("the engine is not known before a table is described")
        return self._known

    def _meet(self, link: Link) -> Engine:
        if self._known is None:
            self._known = find_engine(_rows(link))
        return self._known

    def _values(self, link: Link, query: Query, wire: pa.DataType) -> list[object]:
        """Read one column as a table's own is read: its text is exact, where pyodbc's objects are not."""
        with link.stream(query.sql, query.values, pa.schema([pa.field("value", wire)])) as batches:
            return [value for batch in batches for value in batch.column(0).to_pylist()]


def _wire_of(table: TableSpec) -> pa.DataType:
    return _WHOLE_NUMBER if table.cursor.kind == "integer" else pa.string()


def _rows(link: Link) -> RowLink:
    if not isinstance(link, RowLink):
        raise TypeError("an engine without a dialect of its own is read row by row")
    return link
