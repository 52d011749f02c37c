"""The Source port for PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from shared.adapters.postgresql import queries
from shared.adapters.postgresql.activity import observe_activity
from shared.adapters.postgresql.assignment import (
    Assignment,
    look_at_column,
    look_at_relation,
)
from shared.adapters.postgresql.connection import Connection, open_connection
from shared.adapters.postgresql.derived import Derived, spell_out
from shared.adapters.postgresql.identity import find_identity
from shared.adapters.postgresql.proof import find_additions
from shared.adapters.postgresql.relation import Relation, describe
from shared.adapters.postgresql.scanning import find_order, scan_keys
from shared.adapters.postgresql.schema import schema_of, wire_of
from shared.adapters.postgresql.sizes import refuse_large
from shared.adapters.postgresql.snapshot import Snapshot, open_snapshot
from shared.adapters.postgresql.types import find_lowest, find_resolution, find_zoned
from shared.adapters.postgresql.values import land_batches
from shared.catalog import TableSpec
from shared.extraction.batches import Counted
from shared.extraction.source import Column, KeyScan, Proving, Reading, Statement, TableShape
from shared.loading.errors import KeyUnsound
from shared.loading.span import Observation, Span

# Rows of a sample to cut by: enough pages that a part is off by a few hundredths at most.
_SAMPLE_ROWS = 50_000
# As many rows are counted rather than estimated: some hundredths of a second where an index leads there.
_COUNTED_ROWS = 100_000


class PostgresSession:
    """One connection to a PostgreSQL server, for one thread at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._derived = Derived(connection)
        # Statements of one plan are asked for one after the other, of a table that is looked up once.
        self._described: tuple[TableSpec, Relation] | None = None

    def ping(self) -> None:
        """Raise SourceUnavailable unless the server answers."""
        self._connection.rows("SELECT 1")

    def shape(self, table: TableSpec) -> TableShape:
        """Describe the table as far as the spec leaves it in; its rows as the planner counts them.

        Raises:
            TableMissing: it does not exist, or the login may not SELECT from it.
            ColumnMissing: a key column or the cursor is not there.
            TypeUnsupported: a column has no exact form in Arrow.
            CursorUnsound: the cursor's type does not fit its declared kind, or its sequence does not
                only grow.
        """
        table = self._derived.place(table)
        with self._snapshot(table, Span()) as snapshot:
            relation = snapshot.relation
            schema = schema_of(relation)
            estimated = self._estimate(table, relation, None)
            counter = self._assignment(relation).sequence if _counts(table) else None
            identity = find_identity(self._connection, relation.oid, counter)
        source = relation.cursor.source if relation.cursor else None
        return TableShape(
            columns=tuple(
                Column(
                    name=each.name,
                    source_type=each.declared,
                    nullable=each.nullable,
                    lands=str(field.type),
                )
                for each, field in zip(relation.columns, schema, strict=True)
            ),
            estimated_rows=estimated,
            resolution=find_resolution(source) if source else None,
            zoned=find_zoned(source) if source else None,
            lowest=find_lowest(source) if source else None,
            identity=identity,
        )

    def observe(self, table: TableSpec, since: str | None = None) -> Observation:  # noqa: ARG002 - as for every source
        """Read highest cursor value, the sequence's, clock and open transactions, in that order.

        Each is a statement with a snapshot of its own, so that a later one sees a later state.
        `oldest_open` is published by a session a little after its transaction takes it: the
        caller allows for that.
        """
        table = self._derived.place(table)
        relation = describe(self._connection, table)
        highest, has_nulls = self._highest(table)
        assignment = self._assignment(relation)
        clock = self._connection.rows(queries.CLOCK)[0]["clock"]
        activity = observe_activity(self._connection)
        return Observation(
            clock=clock,
            max_cursor=highest,
            has_nulls=has_nulls,
            oldest_open=activity.oldest_open,
            sessions_hidden=activity.sessions_hidden,
            holders=activity.holders,
            start_unknown=activity.start_unknown,
            doubts=self._doubts(table, relation) + assignment.doubts,
            counter=assignment.counter if _counts(table) else None,
        )

    def estimate(self, table: TableSpec, span: Span) -> int:
        """Estimate the rows in a span: by counting where they are few, else by statistics.

        Rows that came after the statistics were gathered are in none of their bins, so that to the
        planner there are hardly any. What it holds for few is counted up to a limit; are there more,
        a sample of the table's pages says how many.
        """
        table = self._derived.place(table)
        with self._snapshot(table, span) as snapshot:
            planned = self._estimate(table, snapshot.relation, span)
            if planned >= _COUNTED_ROWS:
                return planned
            sql = queries.count(table, snapshot.relation, span, most=_COUNTED_ROWS)
            counted = int(self._connection.rows(sql)[0]["rows"])
            if counted < _COUNTED_ROWS or not snapshot.relation.sampleable:
                return counted
            total = self._estimate(table, snapshot.relation, None)
        return max(counted, self._sampled(table, span, total))

    def statement(self, table: TableSpec, span: Span) -> Statement:
        """Give the query that `read` sends; its values are settings of the transaction, by name."""
        placed = self._derived.place(table)
        if self._described is None or self._described[0] != placed:
            self._described = (placed, describe(self._connection, placed))
        values = {queries.AFTER: span.after, queries.UPTO: span.upto}
        return Statement(
            sql=spell_out(queries.select(placed, self._described[1], span), table, placed),
            values={name: value for name, value in values.items() if value is not None},
        )

    def cut(self, table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:
        """Give at most `parts - 1` distinct ascending values that cut the span about evenly.

        They lie inside the span and below its highest value. A large span of a table is judged by
        a sample of the table's pages, where that reads less than the span itself.
        """
        if parts <= 1:
            return ()
        table = self._derived.place(table)
        percent = self._sample_percent(table, span)
        with self._snapshot(table, span, parts=parts, percent=percent or 0) as snapshot:
            sql = queries.cut(table, snapshot.relation, span, sampled=percent is not None)
            return tuple(row["value"] for row in self._connection.rows(sql))

    def cut_keys(self, table: TableSpec, parts: int) -> tuple[str, ...]:
        """Give values of the first key column that cut the table, as for `cut`; none where it has no order."""
        table = self._derived.place(table)
        with self._snapshot(table, Span()) as snapshot:
            order = find_order(snapshot.relation, table)
            if order is None:
                return ()
            column, cast = order
            if (
                column.nullable
                and self._connection.rows(queries.has_null(table, column.name))[0]["found"]
            ):
                raise KeyUnsound(
                    f"{table.table} has rows without a value in key column {column.name}"
                )
            total = self._estimate(table, snapshot.relation, None)
            sampled = snapshot.relation.sampleable and total > _SAMPLE_ROWS
        percent = 100 * _SAMPLE_ROWS / total if sampled else 0
        with self._snapshot(table, Span(), parts=parts, percent=percent) as snapshot:
            # The text of an uuid is in the order of its value.
            compared = "value::text" if cast == "uuid" else "value"
            relation = replace(snapshot.relation, cursor=column, cursor_cast=cast)
            sql = queries.cut(table, relation, Span(), sampled=sampled, compared=compared)
            return tuple(row["value"] for row in self._connection.rows(sql))

    @contextmanager
    def scan(
        self, table: TableSpec, span: Span, *, columns: Sequence[str], hashed: Sequence[str]
    ) -> Generator[KeyScan]:
        """Open one snapshot and scan the rows whose first key column lies in the span."""
        table = self._derived.place(table)
        with (
            self._snapshot(table, span) as snapshot,
            scan_keys(
                self._connection,
                table,
                snapshot.relation,
                span,
                columns=columns,
                hashed=hashed,
                read_at=snapshot.read_at,
            ) as scan,
        ):
            yield scan

    @contextmanager
    def read(self, table: TableSpec, span: Span) -> Generator[Reading]:
        """Open one snapshot and stream the span's rows, in batches of bounded size.

        Left early, the query is cancelled and the session can be used again. While iterating,
        ValueUnsupported names the column of a value that cannot land exactly, before any row of its
        batch is given; a broken connection raises and never looks like the end.
        """
        table = self._derived.place(table)
        with self._snapshot(table, span) as snapshot:
            schema = schema_of(snapshot.relation)
            refuse_large(self._connection, table, snapshot.relation, span)
            sql = queries.select(table, snapshot.relation, span)
            with self._connection.stream(sql, wire_of(snapshot.relation)) as streamed:
                rows = Counted(land_batches(streamed, schema))
                yield Reading(
                    read_at=snapshot.read_at,
                    schema=schema,
                    batches=iter(rows),
                    proof=self._proving(table, snapshot.relation, span, rows),
                )

    def _proving(self, table: TableSpec, relation: Relation, span: Span, rows: Counted) -> Proving:
        """Let the server add up what it gave, in the snapshot that is open."""

        def answer(wanted: str) -> dict[str, Any]:
            return self._connection.rows(queries.ask(table, relation, span, wanted))[0]

        # What is added up does not depend on the number of rows, but how does.
        return find_additions(relation, table.receipt, rows=0).proving(
            lambda: find_additions(relation, table.receipt, rows=rows.given).ask(answer)
        )

    def _doubts(self, table: TableSpec, relation: Relation) -> tuple[str, ...]:
        if table.cursor.assigned != "database":
            return ()
        return look_at_relation(self._connection, relation.oid)

    def _assignment(self, relation: Relation) -> Assignment:
        if relation.cursor is None:
            return Assignment()
        column = relation.cursor
        return look_at_column(self._connection, relation.oid, column.name, column.source.name)

    def _highest(self, table: TableSpec) -> tuple[str | None, bool]:
        with self._snapshot(table, Span()) as snapshot:
            cursor = snapshot.relation.cursor
            if cursor is None:
                return None, False
            row = self._connection.rows(queries.highest(table, cursor.name))[0]
            return row["highest"], row["has_nulls"]

    def _estimate(self, table: TableSpec, relation: Relation, span: Span | None) -> int:
        plan = self._connection.rows(queries.explain(table, relation, span))[0]["QUERY PLAN"]
        return int(json.loads(plan)[0]["Plan"]["Plan Rows"])

    def _sampled(self, table: TableSpec, span: Span, total: int) -> int:
        """Count the span's rows on a sample of pages, and take as many times more as there are pages."""
        percent = min(100.0, 100 * _SAMPLE_ROWS / max(total, 1))
        with self._snapshot(table, span, percent=percent) as snapshot:
            sql = queries.count(table, snapshot.relation, span, sampled=True)
            return round(int(self._connection.rows(sql)[0]["rows"]) * 100 / percent)

    def _sample_percent(self, table: TableSpec, span: Span) -> float | None:
        with self._snapshot(table, span) as snapshot:
            if not snapshot.relation.sampleable:
                return None
            wanted = self._estimate(table, snapshot.relation, span)
            total = self._estimate(table, snapshot.relation, None)
        share = _SAMPLE_ROWS / max(wanted, 1)
        return 100 * share if total * share < wanted else None

    @contextmanager
    def _snapshot(
        self, table: TableSpec, span: Span, *, parts: int = 1, percent: float = 0
    ) -> Generator[Snapshot]:
        with open_snapshot(self._connection, table, span, parts=parts, percent=percent) as snapshot:
            yield snapshot


def _counts(table: TableSpec) -> bool:
    return table.cursor.kind == "integer"


@contextmanager
def connect(address: str) -> Generator[PostgresSession]:
    """Connect to a server, and disconnect at the end.

    A `postgresql://` URI goes over ADBC, an ODBC connection string over the driver that it names.

    Raises:
        CredentialRejected: the server refused the login, or `address` is neither of the two.
        SourceThrottled: the server has no connection left.
        SourceUnavailable: the server does not answer.
    """
    with open_connection(address) as connection:
        yield PostgresSession(connection)
