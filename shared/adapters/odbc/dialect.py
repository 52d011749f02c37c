"""What an engine says differently from others: its dialect. Statements in standard SQL stand here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from shared.adapters.odbc.address import Address
from shared.adapters.odbc.faults import Faults
from shared.adapters.odbc.links import Dial, Link, RowLink, dial_arrow, dial_rows
from shared.adapters.odbc.rows import Query, rows_of, where
from shared.adapters.odbc.utf16 import UTF16
from shared.catalog import TableSpec
from shared.extraction.adding import Additions
from shared.loading.span import Holder, Span, Tracking


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """How one column travels.

    `expression` is the SQL that reads it, `{}` standing for its quoted name; `wire` the type in
    which its values are fetched, and `lands` the type in the lake. `bounded` says that the length
    of its values has a limit that the driver knows, so that they can be fetched in blocks. Bytes
    that land as text are UTF-8, or little-endian UTF-16 if `utf16` says so.
    """

    wire: pa.DataType
    lands: pa.DataType
    expression: str = "{}"
    bounded: bool = True
    utf16: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `declared` is the engine's own full name of its type."""

    name: str
    declared: str
    nullable: bool
    landing: Landing


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The cursor column, and how its values are compared and written.

    `parameter` is SQL with one `?` that makes a bound text a value of exactly the column's type;
    `text` is SQL that writes a value as its exact text, `{}` standing for the value.
    `resolution`, `zoned`, `open_unit` and `lowest` are those of
    `shared.extraction.source.TableShape`.
    """

    name: str
    parameter: str
    text: str
    resolution: str | None = None
    zoned: bool | None = None
    open_unit: str | None = None
    lowest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or view as its engine describes it, without the columns that the spec leaves out."""

    columns: tuple[Column, ...]
    cursor: Cursor | None
    # What else a dialect remembers of it, in its own words: a kind of storage, a lock hint.
    traits: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def bounded(self) -> bool:
        """Whether every column can be fetched in blocks."""
        return all(column.landing.bounded for column in self.columns)

    @property
    def wire(self) -> pa.Schema:
        """The columns as they are fetched."""
        return pa.schema(
            [
                pa.field(c.name, c.landing.wire, metadata=UTF16 if c.landing.utf16 else None)
                for c in self.columns
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What others have open: the fields of `shared.loading.span.Observation` that say so."""

    oldest_open: str | None
    sessions_hidden: bool
    lowest_active: str | None = None
    holders: tuple[Holder, ...] = ()


class Dialect(ABC):
    """One engine over ODBC. Every method runs its statements on the link it is given."""

    #: The engine's name in table files.
    engine: str
    #: Which of its errors mean what.
    faults: Faults = Faults()
    #: Statements that settle how a new connection behaves.
    settings: tuple[str, ...] = ()

    @abstractmethod
    def settle(self, address: Address) -> Address:
        """Complete a connection string with the options that the exactness of values hangs on."""

    @abstractmethod
    def quote(self, name: str) -> str:
        """Quote an identifier, so that nothing in it is read as SQL."""

    def dial(self, relation: Relation | None) -> Dial:
        """Say how to connect: for the rows of a relation, or without one for metadata."""
        return dial_arrow if relation is not None and relation.bounded else dial_rows

    def reads_otherwise(self, relation: Relation) -> tuple[str, ...]:  # noqa: ARG002 - of other dialects
        """Say in words why a relation is not read in the way that others are."""
        return ()

    @abstractmethod
    def describe(self, link: RowLink, table: TableSpec) -> Relation:
        """Look a table up.

        Raises:
            TableMissing: it does not exist, or the login may not read it.
            ColumnMissing: a key column or the cursor is not there, or no column is left to read.
            TypeUnsupported: a column's values have no exact form. Names the column.
            CursorUnsound: the cursor's type does not fit its declared kind.
        """

    @abstractmethod
    def check_readable(self, link: Link, table: TableSpec) -> tuple[str, ...]:
        """Raise SnapshotUnavailable unless the table can be read as it stood at one moment.

        What is worth telling (a fallback in use) is given in words.
        """

    @abstractmethod
    def open_snapshot(self, link: Link, table: TableSpec, relation: Relation) -> str:
        """Begin a read-only transaction on one state of the table; give the clock at its opening.

        UTC, ISO 8601 with microseconds.
        """

    @abstractmethod
    def close_snapshot(self, link: Link) -> None:
        """End the transaction."""

    @abstractmethod
    def clock(self, link: Link) -> str:
        """Give the source's clock, UTC, ISO 8601 with microseconds."""

    @abstractmethod
    def activity(self, link: Link) -> Activity:
        """Look at the transactions that others have open."""

    @abstractmethod
    def estimate(self, link: Link, table: TableSpec, relation: Relation, span: Span | None) -> int:
        """Estimate the rows of a span, of the whole table without one."""

    @abstractmethod
    def cut(
        self, link: Link, table: TableSpec, relation: Relation, span: Span, parts: int
    ) -> tuple[str, ...]:
        """Give at most `parts - 1` distinct ascending values inside the span, below its highest."""

    def identity(self, link: Link, table: TableSpec) -> str | None:  # noqa: ARG002 - the port's names
        """Give what tells the table from any other, None where the engine has nothing that is stable."""
        return None

    def doubts(self, link: Link, table: TableSpec) -> tuple[str, ...]:  # noqa: ARG002 - the port's names
        """Tell why values that the database is said to assign may still come late."""
        return ()

    def tracking(self, link: Link, table: TableSpec, since: str | None) -> Tracking | None:  # noqa: ARG002 - the port's names
        """Say what is kept of the table's changes, read after their version; None unless that is its cursor.

        `since` is as `Session.observe` has it.
        """
        return None

    def marks(self, relation: Relation, span: Span) -> tuple[Column, ...]:  # noqa: ARG002 - of other dialects
        """Give the columns that say of each row of a span what became of it (`shared.extraction.tracked`)."""
        return ()

    def check_span(self, link: Link, table: TableSpec, span: Span) -> None:  # noqa: B027 - nothing to do
        """Raise, in the snapshot that is open, unless all of a span can be told."""

    def additions(
        self,
        link: Link,  # noqa: ARG002 - of other dialects
        table: TableSpec,  # noqa: ARG002 - of other dialects
        relation: Relation,  # noqa: ARG002 - of other dialects
    ) -> Additions | None:
        """Say what the engine adds up of the rows of a span, in the snapshot that they are read in.

        At the level that the table's `receipt` asks for, or below it. None where the engine cannot
        say what it gave: its arithmetic is not known, or a second statement sees another state.
        """
        return None

    def row_hash(self, relation: Relation) -> str | None:  # noqa: ARG002 - of other dialects
        """Give SQL for a row's hash (shared.landing.row_hash), 16 bytes; None where it is not known."""
        return None

    def highest(self, link: Link, table: TableSpec, cursor: Cursor) -> str | None:
        """Give the highest cursor value as text."""
        value = cursor.text.format(f"MAX({self.quote(cursor.name)})")
        found = link.rows(f"SELECT {value} AS highest FROM {rows_of(self, table)}")
        return None if found[0]["highest"] is None else str(found[0]["highest"])

    def has_nulls(self, link: Link, table: TableSpec, cursor: Cursor) -> bool:
        """Say whether there are rows without a cursor value."""
        column, name = self.quote(cursor.name), rows_of(self, table)
        return bool(link.rows(f"SELECT COUNT(*) AS n FROM {name} WHERE {column} IS NULL")[0]["n"])

    def key_parameter(self, column: Column, ordered: str | None) -> str | None:
        """Give SQL with one `?` that makes a text of `shared.extraction.key_texts` a key's value.

        `ordered` is that of a cursor of the column's type, where there can be one. None if rows are not
        found by such a column.
        """
        kind = column.landing.lands
        if pa.types.is_decimal(kind) and ordered is None:
            return f"CAST(? AS DECIMAL({kind.precision},{kind.scale}))"
        if pa.types.is_binary(kind) or pa.types.is_floating(kind):
            return None
        return ordered or "?"

    @contextmanager
    def one_transaction(self, link: Link) -> Generator[None]:  # noqa: ARG002 - for those that need it
        """Let several statements see the snapshot that is open."""
        yield

    def quote_table(self, table: TableSpec) -> str:
        """Give the schema-qualified name of a table."""
        return f"{self.quote(table.schema_name)}.{self.quote(table.table_name)}"

    def select(self, table: TableSpec, relation: Relation, span: Span) -> Query:
        """Read the rows of a span, each column in the form in which it travels."""
        return self.query(table, relation, span, self.expressions(relation))

    @contextmanager
    def stream(
        self, link: Link, table: TableSpec, relation: Relation, span: Span
    ) -> Generator[Iterator[pa.RecordBatch]]:
        """Stream the rows of a span in the snapshot that is open; see `Link.stream`."""
        query = self.select(table, relation, span)
        with link.stream(query.sql, query.values, relation.wire) as batches:
            yield batches

    def query(self, table: TableSpec, relation: Relation, span: Span | None, wanted: str) -> Query:
        """Ask for something of the rows of a span; of the whole table without one."""
        return self.ask(table, relation, where(self, relation, span), wanted)

    def ask(self, table: TableSpec, relation: Relation, condition: Query, wanted: str) -> Query:  # noqa: ARG002 - for those that need it
        """Ask for something of the rows that meet a condition, all of them if it is empty."""
        tail = f" WHERE {condition.sql}" if condition.sql else ""
        return Query(
            sql=f"SELECT {wanted} FROM {rows_of(self, table)}{tail}", values=condition.values
        )

    def expressions(self, relation: Relation) -> str:
        """Give what is selected: each column in the form in which it travels."""
        columns = relation.columns
        quoted = [(column.landing.expression, self.quote(column.name)) for column in columns]
        # Replaced, not formatted: a name may hold braces.
        return ", ".join(f"{e.replace('{}', name)} AS {name}" for e, name in quoted)
