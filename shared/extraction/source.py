"""The Source port: what a load asks of any source, whatever its engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.catalog import TableSpec
from shared.loading.plan import PlannedColumn
from shared.loading.proof import Measure, Proof
from shared.loading.span import Observation, Span

if TYPE_CHECKING:
    # Whoever plans needs no rows, and Arrow takes long to load.
    import pyarrow as pa

__all__ = [
    "Column",
    "KeyScan",
    "Observation",
    "Proving",
    "Reading",
    "Session",
    "Sources",
    "Span",
    "Statement",
    "TableShape",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as the source declares it.

    `source_type` is the source's own full name of the type, for example `numeric(18,6)`, `lands`
    the type in the lake as Arrow writes it, for example `decimal128(18, 6)`.
    """

    name: str
    source_type: str
    nullable: bool
    lands: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """A table as it stands: its columns in order and the engine's estimate of its rows.

    `resolution` is the cursor column's step in seconds written as a decimal text ("0.000001",
    "1"), `zoned` whether it carries a time zone; both None unless it is a timestamp. `open_unit` is
    how far, in seconds as a decimal text, a stored value can lie from the instant that was stored,
    where that is more than the resolution. `lowest` is the lowest value that an integer cursor column can hold, None for other kinds.
    `identity` tells this table of this server from any other, as `name=value` parts; it leaves out
    what the login may not see, and is None where the engine has nothing of the kind.
    `findings` say in words what is worth telling of how the table can be read.
    """

    columns: tuple[Column, ...]
    estimated_rows: int
    resolution: str | None = None
    zoned: bool | None = None
    open_unit: str | None = None
    lowest: str | None = None
    identity: str | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """How a source says what it gave: what it adds up of which column, and whether hashes too.

    `ask` is called once, after the last batch and before the snapshot ends, of which the answer is.
    The level is that of the table's `receipt`, or below it where the source cannot say more.
    """

    measures: Mapping[str, Measure]
    hashed: bool
    ask: Callable[[], Proof]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What a read has to tell once it has ended: the pages that it took, and findings in words."""

    pages: int
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One consistent snapshot being read.

    `read_at` is the source's clock in UTC, ISO 8601 with microseconds, when the snapshot was
    opened. `schema` is what lands; every batch has it, and one of changes the columns of
    `shared.extraction.tracked` behind it. `proof` lets the source say what it gave; None where it
    can say nothing.

    What is read page by page is no snapshot: then `numbered` is set, a row may come more than once, a
    later one is the later image, and `read_at` is when the first page was answered. `notes` is called
    after the last batch.
    """

    read_at: str
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    proof: Proving | None = None
    numbered: bool = False
    notes: Callable[[], Notes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScan:
    """One consistent snapshot whose rows are scanned first, and then read by their keys.

    `batches` hold the columns asked for as they land and, where it was asked for, a last column
    with the hash of others (see `shared.landing.row_hash`); read them to the end before anything is
    found. `schema` is that of whole rows. `find` gives the whole rows of keys, a batch of which has
    the key's columns as they land: in any order, and those of equal keys as the source counts them.
    """

    read_at: str
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    find: Callable[[pa.RecordBatch], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query as it is sent, and the values bound to it by name or position (`1`, `2` and so on)."""

    sql: str
    values: Mapping[str, str]


class Session(Protocol):
    """One connection to a source. Raises the typed errors of `shared.loading.errors` only."""

    def shape(self, table: TableSpec) -> TableShape:
        """Describe the table. Raises TableMissing, ColumnMissing (key, cursor), TypeUnsupported."""
        ...

    def observe(self, table: TableSpec, since: str | None = None) -> Observation:
        """Read highest cursor value, clock and open transactions, in that order.

        `since` is the position that a load goes on from: where changes are tracked, and kept exactly
        above it, it is told whether a row is left that has not changed since.
        """
        ...

    def estimate(self, table: TableSpec, span: Span) -> int:
        """Estimate the rows of a span without reading them."""
        ...

    def cut(self, table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:
        """Give at most `parts - 1` distinct ascending cursor values that cut the span about evenly."""
        ...

    def statement(self, table: TableSpec, span: Span) -> Statement:
        """Give the very query that `read` would send, without sending it."""
        ...

    def read(self, table: TableSpec, span: Span) -> AbstractContextManager[Reading]:
        """Open one snapshot and stream the span's rows, all columns that the spec leaves in."""
        ...

    def cut_keys(self, table: TableSpec, parts: int) -> tuple[str, ...]:
        """Give at most `parts - 1` ascending values of the first key column that cut the table evenly.

        None where its order at the source is not that of what lands. Raises KeyUnsound if a row to be
        cut has none.
        """
        ...

    def scan(
        self, table: TableSpec, span: Span, *, columns: Sequence[str], hashed: Sequence[str]
    ) -> AbstractContextManager[KeyScan]:
        """Open one snapshot and scan the rows whose first key column lies in the span.

        With `hashed` each comes with the hash of these columns. Raises CompareUnsupported if the
        source cannot make it.
        """
        ...

    def ping(self) -> None:
        """Raise SourceUnavailable or CredentialRejected unless the source answers."""
        ...


class Sources(Protocol):
    """Opens sessions; knows which adapter serves which engine."""

    def open(
        self, table: TableSpec, columns: Sequence[PlannedColumn] = ()
    ) -> AbstractContextManager[Session]:
        """Take one of the source's connection slots and connect.

        `columns` are those that are known of the table, by a plan or its last load: a source without
        a schema of its own keeps to them.
        """
        ...
