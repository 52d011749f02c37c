"""A source with transactions, in memory: rows are seen when they are committed, and not before.

Time is counted in nanoseconds since 1970 in UTC. Writers stamp rows by the rule of their table;
`Stamping` says which, and how far a column rounds what it is given.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.extraction.source import Column, Reading, TableShape
from shared.loading.cursor import DAY, SECOND, CursorType, cursor_type
from shared.loading.span import Observation, Span

# A session shows its transaction in the activity view this long after it took its start time. It
# draws from a sequence only after that, as the statement runs in a transaction that is shown.
SHOWS_AFTER = SECOND // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping:
    """How a table's cursor gets its values. `skews` are the errors of the writers' clocks."""

    cursor: CursorSpec
    resolution: str | None = None
    settle: timedelta = timedelta(seconds=60)
    start: str = "2026-01-31T23:59:00"
    skews: tuple[int, ...] = (0, 0, 0)

    @property
    def spec(self) -> TableSpec:
        """The table as the catalogue would describe it."""
        source = SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM}")
        return TableSpec(
            source=source,
            table="dbo.t",
            key=("id",),
            cursor=self.cursor,
            target="bronze/crm/t",
            settle=self.settle,
        )

    @property
    def type(self) -> CursorType:
        """How values are counted."""
        return cursor_type(self.cursor.kind, resolution=self.resolution, zoned=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One version of a row: its key, its cursor value counted, and which version it is."""

    key: int
    value: int
    version: int


@dataclass(slots=True)
class Transaction:
    """What one writer has done and not yet committed; `due` is when it has to be committed."""

    began: int
    images: list[Image] = field(default_factory=list[Image])
    due: int | None = None


class ModelledSource:
    """Writers, their transactions, and what is committed."""

    def __init__(self, stamping: Stamping) -> None:
        self.stamping = stamping
        self.clock = int(datetime.fromisoformat(stamping.start + "+00:00").timestamp()) * SECOND
        self.rows: dict[int, Image] = {}
        self.open: dict[int, Transaction] = {}
        self._number = self._version = 0

    def act(self, action: tuple[Any, ...]) -> None:
        """Let something happen: wait, write, commit or roll back; what cannot is left out."""
        match action:
            case ("wait", span):
                self._wait(span)
            case ("write", writer, key):
                self._write(writer, key)
            case ("commit", writer):
                self._commit(writer)
            case ("roll back", writer):
                self.open.pop(writer, None)
            case _:
                raise AssertionError(action)

    def commit_all(self) -> None:
        """Commit what is open, in the order of the writers."""
        for writer in sorted(self.open):
            self._commit(writer)

    def _wait(self, span: int) -> None:
        until = self.clock + span
        # An application keeps what `settle` promises: its rows are visible within the margin.
        for writer in sorted(self.open):
            due = self.open[writer].due
            if due is not None and due <= until:
                self.clock = max(self.clock, due)
                self._commit(writer)
        self.clock = until

    def _write(self, writer: int, key: int) -> None:
        transaction = self.open.setdefault(writer, Transaction(began=self.clock))
        self._version += 1
        instant = self._instant(writer, transaction)
        image = Image(key=key, value=self._value(instant), version=self._version)
        transaction.images.append(image)
        if self.stamping.cursor.assigned == "application":
            due = instant + int(self.stamping.settle.total_seconds()) * SECOND
            transaction.due = min(due, transaction.due or due)

    def _instant(self, writer: int, transaction: Transaction) -> int:
        if self.stamping.cursor.assigned == "database":
            return transaction.began
        if self.stamping.cursor.kind == "integer":
            return self.clock
        return self.clock + self.stamping.skews[writer]

    def _value(self, instant: int) -> int:
        kind = self.stamping.type
        if kind.kind == "integer":
            self._number += 1
            return self._number
        local = instant + _offset(instant, self.stamping.cursor.zone)
        if kind.kind == "date":
            return local // DAY
        # Half a step up, as PostgreSQL and SQL Server round.
        return kind.floor(local + kind.step // 2)

    def _commit(self, writer: int) -> None:
        transaction = self.open.pop(writer, None)
        for image in transaction.images if transaction else ():
            known = self.rows.get(image.key)
            # A later write to a row waits for the earlier one to commit, as row locks have it.
            if known is None or known.version < image.version:
                self.rows[image.key] = image


class ModelledSession:
    """Implements `shared.extraction.source.Session`; `meanwhile` runs between its statements."""

    def __init__(self, source: ModelledSource, meanwhile: Callable[[], None]) -> None:
        self._source, self._meanwhile = source, meanwhile

    def shape(self, _table: TableSpec) -> TableShape:
        columns = (Column(name="id", source_type="int8", nullable=False),)
        resolution = self._source.stamping.resolution
        return TableShape(
            columns=columns,
            estimated_rows=0,
            resolution=resolution,
            zoned=False,
            lowest=str(-(2**63)),
        )

    def observe(self, _table: TableSpec, _since: str | None = None) -> Observation:
        source, kind = self._source, self._source.stamping.type
        highest = max((image.value for image in source.rows.values()), default=None)
        self._meanwhile()
        clock = source.clock
        self._meanwhile()
        late = 0 if kind.kind == "integer" else SHOWS_AFTER
        shown = [t.began for t in source.open.values() if t.began + late <= source.clock]
        hidden = source.stamping.cursor.assigned == "application"
        return Observation(
            clock=_text(clock),
            max_cursor=None if highest is None else kind.format(highest),
            has_nulls=False,
            oldest_open=_text(min(shown)) if shown and not hidden else None,
            sessions_hidden=hidden,
        )

    def estimate(self, _table: TableSpec, _span: Span) -> int:
        return 0

    def holds_rows(self, _table: TableSpec, span: Span) -> bool:
        return bool(self.images(span))

    def cut(self, _table: TableSpec, _span: Span, _parts: int) -> tuple[str, ...]:
        return ()

    def ping(self) -> None:
        return None

    @contextmanager
    def read(self, _table: TableSpec, _span: Span) -> Iterator[Reading]:
        raise NotImplementedError("images are read as they are")

    def images(self, span: Span) -> set[Image]:
        """Give what is committed now of a span."""
        parse = self._source.stamping.type.parse
        after = None if span.after is None else parse(span.after)
        upto = None if span.upto is None else parse(span.upto)
        return {
            image
            for image in self._source.rows.values()
            if (after is None or image.value > after) and (upto is None or image.value <= upto)
        }


def _text(instant: int) -> str:
    seconds, rest = divmod(instant, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}"


def _offset(instant: int, zone: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(instant // SECOND, UTC)
    return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds()) * SECOND
