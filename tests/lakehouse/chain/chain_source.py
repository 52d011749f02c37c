"""A source of four tables with transactions, in memory, that remembers what each read was given.

Time is counted in nanoseconds since 1970 in UTC. The database stamps what is written with the time
at which its transaction began, so that one that commits late appears below what is there already.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.catalog.spec import DeleteSpec, SliceSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import Column, KeyScan, Reading, TableShape
from shared.landing.row_hash import hash_rows
from shared.loading.cursor import SECOND, cursor_type
from shared.loading.span import Observation, Span

Row = dict[str, Any]

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
RESOLUTION = "0.000001"
CURSOR = cursor_type("timestamp", resolution=RESOLUTION, zoned=False)
STAMP = "changed_at"
_SHOP = SourceSpec(name="shop", kind="sql", engine="postgresql", connection="${SHOP}")
_BY_DATABASE = CursorSpec(kind="timestamp", column=STAMP, assigned="database")
_UTC = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table as the table file describes it, and its columns beside the key and the stamp."""

    spec: TableSpec
    values: Mapping[str, pa.DataType]

    @property
    def key(self) -> str:
        return self.spec.key[0]

    @property
    def schema(self) -> pa.Schema:
        kinds = {self.key: pa.int64(), **self.values, STAMP: pa.timestamp("us")}
        return pa.schema([typed_field(name, kind, str(kind)) for name, kind in kinds.items()])


def _table(
    name: str, values: Mapping[str, pa.DataType], cursor: CursorSpec, deletes: DeleteSpec
) -> SourceTable:
    spec = TableSpec(
        source=_SHOP,
        table=f"public.{name}",
        key=(f"{name}_id",),
        cursor=cursor,
        target=f"bronze/shop/public.{name}",
        on_empty="accept",
        deletes=deletes,
        # Small enough that loads are cut into slices, whose snapshots differ.
        slices=SliceSpec(rows=2),
    )
    return SourceTable(spec=spec, values=values)


MAKER, ITEM, STORE, SALE = "maker", "item", "store", "sale"
TABLES = {
    MAKER: _table(
        MAKER,
        {"country": pa.string()},
        _BY_DATABASE,
        DeleteSpec(how="reconcile", every=timedelta(days=1), compare="rows"),
    ),
    ITEM: _table(
        ITEM,
        {"maker_id": pa.int64(), "grade": pa.string(), "since": _UTC, "gone": pa.bool_()},
        _BY_DATABASE,
        DeleteSpec(how="soft", column="gone"),
    ),
    STORE: _table(STORE, {"town": pa.string()}, CursorSpec(kind="none", column=None), DeleteSpec()),
    SALE: _table(
        SALE,
        {
            "item_id": pa.int64(),
            "store_id": pa.int64(),
            "sold_at": _UTC,
            "amount": pa.int64(),
        },
        _BY_DATABASE,
        DeleteSpec(),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one read was given: rows by key, of the table or of a range of keys."""

    table: str
    read_at: str
    rows: Mapping[int, Row]
    keys: range


@dataclass(slots=True)
class Transaction:
    """Changes that nobody else sees yet: the row by table and key, None for one that is removed."""

    began: int
    changes: dict[tuple[str, int], Row | None] = field(default_factory=dict)


class ChainSource:
    """The tables, who has a transaction open, and what was read."""

    def __init__(self) -> None:
        self.clock = int(START.timestamp()) * SECOND
        self.rows: dict[str, dict[int, Row]] = {name: {} for name in TABLES}
        self.open: dict[int, Transaction] = {}
        self.reads: list[Read] = []

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock / SECOND, UTC)

    def wait(self, span: timedelta) -> None:
        self.clock += span // timedelta(microseconds=1) * 1_000

    def put(self, table: str, key: int, values: Row, *, late: int | None = None) -> None:
        """Insert or update a row; with `late` within the transaction of that number."""
        if self._locked(table, key, late):
            return
        began = self._began(late)
        row = {TABLES[table].key: key, **values, STAMP: began}
        self._change(table, key, row, late)

    def hide(self, table: str, key: int, values: Row) -> None:
        """Update a row in a way that the cursor cannot see."""
        if not self._locked(table, key, None) and key in self.rows[table]:
            self._change(table, key, {**self.rows[table][key], **values}, None)

    def remove(self, table: str, key: int) -> None:
        if not self._locked(table, key, None):
            self._change(table, key, None, None)

    def commit(self, late: int) -> None:
        """Let everybody see what a transaction has changed."""
        transaction = self.open.pop(late, None)
        for (table, key), row in transaction.changes.items() if transaction else ():
            self._set(table, key, row)

    def _began(self, late: int | None) -> int:
        if late is None:
            return self.clock
        return self.open.setdefault(late, Transaction(began=self.clock)).began

    def _change(self, table: str, key: int, row: Row | None, late: int | None) -> None:
        if late is None:
            self._set(table, key, row)
        else:
            self.open[late].changes[table, key] = row
        # No two changes at one instant; and a transaction begins before what comes after it.
        self.clock += SECOND

    def _set(self, table: str, key: int, row: Row | None) -> None:
        if row is None:
            self.rows[table].pop(key, None)
        else:
            self.rows[table][key] = row

    def _locked(self, table: str, key: int, own: int | None) -> bool:
        """Whether another's open transaction has changed the row: whoever comes would have to wait."""
        return any((table, key) in t.changes for number, t in self.open.items() if number != own)


@dataclass(frozen=True, slots=True)
class ChainSession:
    """Implements `shared.extraction.source.Session`; `meanwhile` runs between its statements."""

    source: ChainSource
    name: str
    meanwhile: Callable[[], None]

    @property
    def _rows(self) -> dict[int, Row]:
        return self.source.rows[self.name]

    def shape(self, _table: TableSpec) -> TableShape:
        columns = tuple(
            Column(name=f.name, source_type=str(f.type), lands=str(f.type), nullable=True)
            for f in TABLES[self.name].schema
        )
        return TableShape(
            columns=columns,
            estimated_rows=len(self._rows),
            resolution=RESOLUTION,
            zoned=False,
        )

    def observe(self, _table: TableSpec, _since: str | None = None) -> Observation:
        source = self.source
        highest = max((row[STAMP] for row in self._rows.values()), default=None)
        self.meanwhile()
        began = [transaction.began for transaction in source.open.values()]
        return Observation(
            clock=_text(source.clock),
            max_cursor=None if highest is None else CURSOR.format(highest),
            has_nulls=False,
            oldest_open=_text(min(began)) if began else None,
            sessions_hidden=False,
        )

    def estimate(self, _table: TableSpec, span: Span) -> int:
        return len(self._within(span))

    def cut(self, _table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:
        values = sorted({row[STAMP] for row in self._within(span).values()})
        # The highest value would leave nothing for the slice behind it.
        return tuple(CURSOR.format(value) for value in _evenly(values[:-1], parts))

    def cut_keys(self, _table: TableSpec, parts: int) -> tuple[str, ...]:
        return tuple(str(key) for key in _evenly(sorted(self._rows)[:-1], parts))

    def ping(self) -> None:
        return None

    @contextmanager
    def read(self, _table: TableSpec, span: Span) -> Iterator[Reading]:
        rows = self._within(span)
        read_at = self._remember(rows, range(-1, 1_000))
        batch = _batch(TABLES[self.name].schema, rows.values())
        yield Reading(read_at=read_at, schema=batch.schema, batches=iter([batch] if rows else []))

    @contextmanager
    def scan(
        self, _table: TableSpec, span: Span, *, columns: Sequence[str], hashed: Sequence[str]
    ) -> Iterator[KeyScan]:
        keys = range(int(span.after or -1) + 1, int(span.upto or 999) + 1)
        rows = {key: row for key, row in self._rows.items() if key in keys}
        read_at = self._remember(rows, keys)
        whole = _batch(TABLES[self.name].schema, rows.values())
        scanned = whole.select(list(columns))
        if hashed:
            digests = pa.array(hash_rows(whole.select(list(hashed))), pa.binary())
            scanned = scanned.append_column("hash", digests)

        def find(wanted: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
            found = [rows[key] for key in wanted.column(0).to_pylist()]
            yield _batch(whole.schema, found)

        yield KeyScan(
            read_at=read_at, schema=whole.schema, batches=iter([scanned] if rows else []), find=find
        )

    def _within(self, span: Span) -> dict[int, Row]:
        """Give copies of the committed rows of a span, by key."""
        after = None if span.after is None else CURSOR.parse(span.after)
        upto = None if span.upto is None else CURSOR.parse(span.upto)
        return {
            key: dict(row)
            for key, row in sorted(self._rows.items())
            if (after is None or row[STAMP] > after) and (upto is None or row[STAMP] <= upto)
        }

    def _remember(self, rows: Mapping[int, Row], keys: range) -> str:
        """Open a snapshot at a time of its own, and write down what it gives."""
        self.source.clock += 1_000_000
        read_at = _text(self.source.clock)
        self.source.reads.append(Read(table=self.name, read_at=read_at, rows=rows, keys=keys))
        self.meanwhile()
        return read_at


def _evenly(values: Sequence[int], parts: int) -> list[int]:
    cuts = [values[len(values) * part // parts] for part in range(1, parts)] if values else []
    return sorted(set(cuts))


def _batch(schema: pa.Schema, rows: Any) -> pa.RecordBatch:
    kept = list(rows)
    columns = [
        [row[f.name] // 1_000 if f.name == STAMP else row[f.name] for row in kept] for f in schema
    ]
    arrays = [pa.array(values, f.type) for values, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _text(instant: int) -> str:
    seconds, rest = divmod(instant, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}"
