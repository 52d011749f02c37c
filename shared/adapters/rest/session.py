"""One connection to a REST interface, as the core asks for it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from shared.adapters.rest.client import RestClient
from shared.adapters.rest.collection import Collection
from shared.adapters.rest.columns import Filling, find_kinds, shape_columns
from shared.adapters.rest.documents import MISSING, find
from shared.adapters.rest.flattening import flatten
from shared.adapters.rest.kinds import Misfit, convert
from shared.adapters.rest.parameters import SpanFilter, span_params
from shared.adapters.rest.reading import PageReading
from shared.adapters.rest.scanning import scan_records
from shared.catalog import TableSpec
from shared.catalog.rest_spec import RestTableSpec
from shared.extraction.source import KeyScan, Reading, Statement, TableShape
from shared.loading.cursor import CursorType, cursor_type
from shared.loading.errors import BadOrder, CursorUnsound, DateMissing
from shared.loading.plan import PlannedColumn
from shared.loading.span import Observation, Span

# New fields come with new records: so far back are those that a known table is looked at for.
_LATELY = timedelta(days=1)
_ZONED = ("timestamptz", "instant", "unix", "unix_ms")


@dataclass(slots=True, kw_only=True)
class RestSession:
    """Implements `shared.extraction.source.Session`. `known` are the columns of a plan or the last load."""

    client: RestClient = field(repr=False)
    known: Sequence[PlannedColumn] = ()
    _shaped: tuple[TableSpec, dict[str, str], Collection] | None = None

    def shape(self, table: TableSpec) -> TableShape:
        """Look at some pages for columns and types.

        Raises:
            ColumnMissing, CursorUnsound, TypeUnsupported: see `find_kinds`.
        """
        kinds, collection = self._look(table)
        column = table.cursor.column
        cursor = self._cursor(table, kinds)
        timed = cursor is not None and cursor.kind == "timestamp"
        return TableShape(
            columns=shape_columns(kinds),
            estimated_rows=collection.total or 0,
            resolution=_resolution(_rest(table)) if timed else None,
            zoned=kinds[column or ""] in _ZONED if timed else None,
            lowest=str(-(2**63)) if cursor is not None and cursor.kind == "integer" else None,
        )

    def observe(self, table: TableSpec, since: str | None = None) -> Observation:  # noqa: ARG002 - as for every source
        """Ask for the highest value, where there is a way to, and for the source's clock after it.

        Raises:
            DateMissing: the source does not tell its time.
        """
        kinds, collection = self._look(table)
        rest = _rest(table)
        highest = None if rest.incremental is None else rest.incremental.highest
        value = None if highest is None else self._highest(table, kinds, collection, highest)
        clock = collection.date
        if clock is None:
            raise DateMissing(f"{rest.path} is answered without a Date")
        return Observation(
            clock=_text(clock),
            max_cursor=value,
            has_nulls=False,
            oldest_open=None,
            sessions_hidden=True,
            highest_unknown=highest is None,
        )

    def estimate(self, table: TableSpec, span: Span) -> int:  # noqa: ARG002 - as for every source
        """Give the number of all records, where the source tells it; of a span nobody knows."""
        _, collection = self._look(table)
        return collection.total or 0

    def cut(self, table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Pages are read one after the other."""
        return ()

    def cut_keys(self, table: TableSpec, parts: int) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Pages are read one after the other."""
        return ()

    def statement(self, table: TableSpec, span: Span) -> Statement:
        """Give the request for the first page, without what signs it."""
        kinds, _ = self._look(table)
        rest = _rest(table)
        values = rest.params + self._params(table, kinds, span)
        return Statement(sql=f"GET {self.client.address(rest.path)}", values=dict(values))

    @contextmanager
    def read(self, table: TableSpec, span: Span) -> Generator[Reading]:
        """Read all pages of a span; the columns are those that are known, or that some pages show."""
        kinds = self._kinds(table)
        cursor = self._cursor(table, kinds)
        collection = Collection(client=self.client, rest=_rest(table))
        walk, pages = collection.walk(self._params(table, kinds, span))
        with closing(pages):  # pyright: ignore[reportArgumentType] - a generator behind its protocol
            first = next(pages, None)
            reading = PageReading(
                walk=walk,
                pages=pages if first is None else chain((first,), pages),
                filling=Filling(spec=table, rest=_rest(table), kinds=kinds),
                span=None if cursor is None else SpanFilter(spec=table, cursor=cursor, span=span),
                undated=collection.date is None,
            )
            yield Reading(
                read_at=_text(collection.date or datetime.now(UTC)),
                schema=reading.filling.schema,
                batches=reading.batches(),
                numbered=True,
                notes=reading.notes,
            )

    @contextmanager
    def scan(
        self, table: TableSpec, span: Span, *, columns: Sequence[str], hashed: Sequence[str]
    ) -> Generator[KeyScan]:
        """Read all records into a file of this worker, of each key the last, and give them from there."""
        if span != Span():
            raise BadOrder("records over REST cannot be asked for by their keys")
        kinds = self._kinds(table)
        collection = Collection(client=self.client, rest=_rest(table))
        filling = Filling(spec=table, rest=_rest(table), kinds=kinds)
        with scan_records(table, collection, filling, columns=columns, hashed=hashed) as scan:
            yield scan

    def ping(self) -> None:
        """Ask whether the interface answers, with what signs a request."""
        self.client.ping()

    def _look(self, table: TableSpec) -> tuple[dict[str, str], Collection]:
        """Look at the table once in a session: of a known one at its first page, and at what is new."""
        if self._shaped is None or self._shaped[0] != table:
            rest = _rest(table)
            collection = Collection(client=self.client, rest=rest)
            records = collection.sample(1 if self.known else rest.sample)
            total = collection.total
            if self.known and collection.date is not None:
                records += self._lately(table, collection, collection.date)
            collection.total = total
            kinds = find_kinds(table, rest, self.known, records)
            self._shaped = (table, kinds, collection)
        return self._shaped[1], self._shaped[2]

    def _lately(self, table: TableSpec, collection: Collection, now: datetime) -> list[Any]:
        rest = _rest(table)
        incremental = rest.incremental
        if incremental is None:
            return []
        if incremental.highest is not None:
            record = collection.first(incremental.highest)
            return [] if record is None else [record]
        kinds = {column.name: column.source_type for column in self.known}
        cursor = self._cursor(table, kinds)
        if cursor is None or cursor.kind == "integer":
            return []
        day = CursorType(kind="timestamp", step=cursor.step, zoned=cursor.zoned)
        text = day.format(day.parse(_text(now - _LATELY)))
        since = text.partition(" ")[0] if cursor.kind == "date" else text
        return collection.sample(
            rest.sample, span_params(table, incremental, cursor, Span(after=since))
        )

    def _kinds(self, table: TableSpec) -> dict[str, str]:
        """Keep to the columns of the plan, which are all that may land."""
        if self.known:
            return {column.name: column.source_type for column in self.known}
        return self._look(table)[0]

    def _cursor(self, table: TableSpec, kinds: dict[str, str]) -> CursorType | None:
        column = table.cursor.column
        if column is None or column not in kinds:
            return None
        return cursor_type(
            table.cursor.kind,
            resolution=_resolution(_rest(table)),
            zoned=kinds[column] in _ZONED,
        )

    def _params(
        self, table: TableSpec, kinds: dict[str, str], span: Span
    ) -> tuple[tuple[str, str], ...]:
        cursor, incremental = self._cursor(table, kinds), _rest(table).incremental
        if cursor is None or incremental is None:
            return ()
        return span_params(table, incremental, cursor, span)

    def _highest(
        self,
        table: TableSpec,
        kinds: dict[str, str],
        collection: Collection,
        params: tuple[tuple[str, str], ...],
    ) -> str | None:
        record = collection.first(params)
        if record is None:
            return None
        name = table.cursor.column or ""
        value = find(flatten(record, _rest(table).depth), (name,))
        if value is MISSING or value is None:
            raise CursorUnsound(f"the record that `highest` asks for has no value in {name}")
        try:
            [landed] = convert(kinds[name], [value]).to_pylist()
        except Misfit as fault:
            raise CursorUnsound(f"the record that `highest` asks for: {name}: {fault}") from None
        if isinstance(landed, datetime):
            return _text(landed) + ("+00" if landed.tzinfo else "")
        return str(landed)


def _rest(table: TableSpec) -> RestTableSpec:
    if table.rest is None:
        raise BadOrder(f"{table.name} says nothing of where its records are (rest)")
    return table.rest


def _resolution(rest: RestTableSpec) -> str:
    """Give the cursor's step in seconds, at least one: finer values lie between two steps."""
    step = timedelta(seconds=1) if rest.incremental is None else rest.incremental.resolution
    return str(max(1, int(step.total_seconds())))


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")
