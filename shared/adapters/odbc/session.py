"""The Source port for an engine with an ODBC driver."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from shared.adapters.odbc.address import Address, parse_address
from shared.adapters.odbc.dialect import Dialect, Relation
from shared.adapters.odbc.landing import land_batches, schema_of
from shared.adapters.odbc.links import Dial, Link, RowLink
from shared.adapters.odbc.scanning import cut_keys, describe_keys, hash_column, scan_keys
from shared.catalog import TableSpec
from shared.extraction.adding import Additions
from shared.extraction.batches import Counted
from shared.extraction.source import Column, KeyScan, Proving, Reading, Statement, TableShape
from shared.loading.span import Observation, Span

_WHOLE = Span()


class OdbcSession:
    """One connection to a server, for one thread at a time.

    Metadata, bounds and counts go over pyodbc. A read of bounded columns changes over to
    arrow-odbc, on a connection that takes the place of the first: never two at once.
    """

    def __init__(self, dialect: Dialect, address: Address) -> None:
        self._dialect, self._address = dialect, dialect.settle(address)
        self._link: Link | None = None
        self._dialled: Dial | None = None
        self._rows()

    def ping(self) -> None:
        """Raise SourceUnavailable unless the server answers."""
        self._dialect.clock(self._rows())

    def shape(self, table: TableSpec) -> TableShape:
        """Describe the table as far as the spec leaves it in; its rows as the engine counts them.

        Raises:
            TableMissing, ColumnMissing, TypeUnsupported, CursorUnsound: see `Dialect.describe`.
            SnapshotUnavailable: it cannot be read as it stood at one moment.
        """
        relation = self._dialect.describe(self._rows(), table)
        findings = self._dialect.check_readable(self._rows(), table)
        cursor = relation.cursor
        return TableShape(
            columns=tuple(
                Column(
                    name=each.name,
                    source_type=each.declared,
                    nullable=each.nullable,
                    lands=str(each.landing.lands),
                )
                for each in relation.columns
            ),
            estimated_rows=self._dialect.estimate(self._rows(), table, relation, None),
            resolution=cursor.resolution if cursor else None,
            zoned=cursor.zoned if cursor else None,
            open_unit=cursor.open_unit if cursor else None,
            lowest=cursor.lowest if cursor else None,
            identity=self._dialect.identity(self._rows(), table),
            findings=(
                *findings,
                *self._proves_less(table, relation),
                *self._dialect.reads_otherwise(relation),
            ),
        )

    def observe(self, table: TableSpec, since: str | None = None) -> Observation:
        """Read highest cursor value, clock and open transactions, in that order.

        Each is a statement of its own, so that a later one sees a later state.
        """
        link = self._rows()
        cursor = self._dialect.describe(link, table).cursor
        highest = self._dialect.highest(link, table, cursor) if cursor else None
        has_nulls = self._dialect.has_nulls(link, table, cursor) if cursor else False
        clock = self._dialect.clock(link)
        activity = self._dialect.activity(link)
        database = table.cursor.assigned == "database"
        return Observation(
            clock=clock,
            max_cursor=highest,
            has_nulls=has_nulls,
            oldest_open=activity.oldest_open,
            sessions_hidden=activity.sessions_hidden,
            lowest_active=activity.lowest_active,
            holders=activity.holders,
            doubts=self._dialect.doubts(link, table) if database else (),
            tracking=self._dialect.tracking(link, table, since),
        )

    def estimate(self, table: TableSpec, span: Span) -> int:
        """Estimate the rows of a span."""
        table, relation = self._place(table, span)
        return self._dialect.estimate(self._rows(), table, relation, span)

    def cut(self, table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:
        """Give at most `parts - 1` distinct ascending values that cut the span about evenly."""
        if parts <= 1:
            return ()
        link = self._rows()
        return self._dialect.cut(link, table, self._dialect.describe(link, table), span, parts)

    def statement(self, table: TableSpec, span: Span) -> Statement:
        """Give the very query that `read` would send; its values by position."""
        table, relation = self._place(table, span)
        query = self._dialect.select(table, _marked(self._dialect, relation, span), span)
        values = {str(number): value for number, value in enumerate(query.values, 1)}
        return Statement(sql=query.sql, values=values)

    @contextmanager
    def read(self, table: TableSpec, span: Span) -> Generator[Reading]:
        """Open one snapshot and stream the span's rows, in batches of bounded size.

        While iterating, ValueUnsupported names the column of a value that cannot land exactly,
        before any row of its batch is given; a broken connection raises and never looks like the
        end.
        """
        table, relation = self._place(table, span)
        schema, marked = schema_of(relation), _marked(self._dialect, relation, span)
        link = self._take(self._dialect.dial(relation))
        # Asked for first: while rows are streamed, a connection may take no other statement.
        additions = self._dialect.additions(link, table, relation)
        with (
            self._snapshot(link, table, relation, span) as read_at,
            self._dialect.stream(link, table, marked, span) as batches,
        ):
            rows = Counted(land_batches(batches, schema_of(marked)))
            proof = additions and self._proving(link, table, relation, span, additions)
            try:
                yield Reading(read_at=read_at, schema=schema, batches=iter(rows), proof=proof)
            finally:
                # Before its statement ends: some drivers then fetch what is left of it.
                if not rows.ended:
                    self.close()

    def _proves_less(self, table: TableSpec, relation: Relation) -> tuple[str, ...]:
        """Say in words where a receipt will prove less than the table asks for."""
        additions = self._dialect.additions(self._rows(), table, relation)
        if additions is not None and additions.level == table.receipt:
            return ()
        wanted = f"receipt: {table.receipt} cannot be had of {table.table}"
        if additions is not None:
            return (f"{wanted} on this server; it proves {additions.level}",)
        nothing = "its engine cannot say what it gave in the snapshot of the read"
        return (f"{wanted}: {nothing}, so only what was read is compared with what landed",)

    def _proving(
        self, link: Link, table: TableSpec, relation: Relation, span: Span, additions: Additions
    ) -> Proving:
        def answer(wanted: str) -> dict[str, Any]:
            query = self._dialect.query(table, relation, span, wanted)
            return link.rows(query.sql, *query.values)[0]

        return additions.proving(lambda: additions.ask(answer))

    def cut_keys(self, table: TableSpec, parts: int) -> tuple[str, ...]:
        """Give values of the first key column that cut the table, as for `cut`; none where it has no order."""
        link = self._rows()
        return cut_keys(self._dialect, link, describe_keys(self._dialect, link, table), parts)

    @contextmanager
    def scan(
        self, table: TableSpec, span: Span, *, columns: Sequence[str], hashed: Sequence[str]
    ) -> Generator[KeyScan]:
        """Open one snapshot and scan the rows whose first key column lies in the span.

        Raises CompareUnsupported where the engine cannot hash rows.
        """
        dialect = self._dialect
        relation = dialect.describe(self._rows(), table)
        keyed = describe_keys(dialect, self._rows(), table)
        digest = hash_column(dialect, relation, hashed) if hashed else None
        link = self._take(dialect.dial(relation))
        with (
            self._snapshot(link, table, relation) as read_at,
            dialect.one_transaction(link),
            scan_keys(
                *(dialect, link, relation, keyed, span),
                columns=columns,
                hashed=digest,
                read_at=read_at,
            ) as scan,
        ):
            yield scan

    def close(self) -> None:
        """Disconnect. A later call connects anew."""
        if self._link is not None:
            self._link.close()
            self._link = None

    @contextmanager
    def _snapshot(
        self, link: Link, table: TableSpec, relation: Relation, span: Span = _WHOLE
    ) -> Generator[str]:
        try:
            read_at = self._dialect.open_snapshot(link, table, relation)
            self._dialect.check_span(link, table, span)
            yield read_at
            # A read that was left early has disconnected, which ends the transaction too.
            if self._link is link:
                self._dialect.close_snapshot(link)
        except BaseException:
            self.close()
            raise

    def _place(self, table: TableSpec, span: Span) -> tuple[TableSpec, Relation]:
        """Look up what a span's values are of: the table by its cursor, or by its first key column."""
        if span.by_key:
            keyed = describe_keys(self._dialect, self._rows(), table)
            return keyed.table, keyed.relation
        return table, self._dialect.describe(self._rows(), table)

    def _rows(self) -> RowLink:
        # Of another package's link a dialect uses what every link has.
        return cast("RowLink", self._take(self._dialect.dial(None)))

    def _take(self, dial: Dial) -> Link:
        """Give the link that is made by dialling so, on a connection in the place of any other."""
        if self._link is not None and self._dialled is dial:
            return self._link
        self.close()
        link = dial(self._address, self._dialect.faults)
        self._link, self._dialled = link, dial
        for statement in self._dialect.settings:
            link.rows(statement)
        return link


def _marked(dialect: Dialect, relation: Relation, span: Span) -> Relation:
    """Give what is fetched of a span: the columns, and what tells of changes behind them."""
    return replace(relation, columns=(*relation.columns, *dialect.marks(relation, span)))


@contextmanager
def connect(dialect: Dialect, connection: str) -> Generator[OdbcSession]:
    """Connect to the server of an ODBC connection string, and disconnect at the end.

    Raises:
        CredentialRejected: the server refused the login, or the connection string is not one.
        SourceThrottled: the server has no connection left.
        SourceUnavailable: the server does not answer.
    """
    session = OdbcSession(dialect, parse_address(connection))
    try:
        yield session
    finally:
        session.close()
