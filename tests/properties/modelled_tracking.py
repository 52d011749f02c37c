"""A database that tracks changes, in memory: versions are given at commits, and what is kept ends somewhere.

As SQL Server has it: a transaction's changes get one version when it commits, the next whole number of
the database; of each key the last is kept, until it is cleaned up, the table truncated, or its tracking
switched off and on again. A reader's snapshot has rows and changes of one moment.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from shared.catalog import CursorSpec, DeleteSpec, SliceSpec, SourceSpec, TableSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import Column, Reading, TableShape
from shared.extraction.tracked import GONE, VERSION
from shared.loading.errors import TrackingExpired
from shared.loading.sentinels import tell_expired
from shared.loading.span import Observation, Span, Tracking

SPEC = TableSpec(
    source=SourceSpec(name="shop", kind="sql", engine="sqlserver", connection="${SHOP}"),
    table="dbo.t",
    key=("id",),
    cursor=CursorSpec(kind="change_tracking", column=None),
    target="bronze/shop/t",
    slices=SliceSpec(rows=2, parallel=1),
    deletes=DeleteSpec(how="change_tracking"),
    on_empty="accept",
)
SCHEMA = pa.schema(
    [typed_field("id", pa.int64(), "bigint"), typed_field("v", pa.int64(), "bigint")]
)
_MARKED = pa.schema([*SCHEMA, pa.field(GONE, pa.bool_()), pa.field(VERSION, pa.int64())])
# What a row holds: a few values, so that one comes back, and NULL, so that a row may look like a tombstone.
Value = int | None


@dataclass(slots=True)
class State:
    """What is committed."""

    rows: dict[int, Value] = field(default_factory=dict[int, Value])
    changed: dict[int, int] = field(default_factory=dict[int, int])
    version: int = 0
    kept_above: int = 0
    began: int = 0

    def copy(self) -> "State":
        """Give what a snapshot sees that is opened now."""
        return State(dict(self.rows), dict(self.changed), self.version, self.kept_above, self.began)


class TrackedSource:
    """Writers with transactions, row locks, and a database that forgets."""

    def __init__(self) -> None:
        self.state = State()
        self.open: dict[int, dict[int, tuple[str, Value]]] = {}
        self.clock = 0
        self.since = 0

    def act(self, action: tuple[Any, ...]) -> None:
        """Let something happen; what cannot, as somebody has the row, is left out."""
        match action:
            case (("write" | "delete") as what, writer, key, value):
                held = any(key in rows for who, rows in self.open.items() if who != writer)
                if not held:
                    self.open.setdefault(writer, {})[key] = (what, value)
            case ("commit", writer):
                self.commit(writer)
            case ("roll back", writer):
                self.open.pop(writer, None)
            case ("elsewhere",):
                self.state.version += 1
            case ("clean up", back):
                self._forget(max(self.state.version - back, self.state.kept_above))
            case ("truncate",):
                self.state.rows.clear()
                self._begin()
            case ("track anew",):
                self.since += 1
                self._begin()
            case _:
                raise AssertionError(action)

    @property
    def identity(self) -> str:
        """What tells the table, and what keeps its changes."""
        return f"table=7 tracking={self.since} tracking_began={self.state.began}"

    def commit(self, writer: int) -> None:
        """Commit what a writer has done, under one version."""
        done = self.open.pop(writer, None)
        if not done:
            return
        state = self.state
        changes = {k: v for k, v in done.items() if v[0] == "write" or k in state.rows}
        if not changes:
            return
        state.version += 1
        for key, (what, value) in changes.items():
            state.changed[key] = state.version
            if what == "write":
                state.rows[key] = value
            else:
                del state.rows[key]

    def _begin(self) -> None:
        self.open.clear()
        self.state.changed.clear()
        self.state.kept_above = self.state.began = self.state.version

    def _forget(self, upto: int) -> None:
        self.state.kept_above = upto
        self.state.changed = {k: v for k, v in self.state.changed.items() if v > upto}


class TrackedSession:
    """Implements the parts of `shared.extraction.source.Session` that a load needs."""

    #: Whether a read looks in its snapshot what is kept, as the adapter does.
    checks = True

    def __init__(self, source: TrackedSource, meanwhile: Callable[[], None]) -> None:
        self._source, self._meanwhile = source, meanwhile

    def shape(self, _table: TableSpec) -> TableShape:
        columns = [
            Column(name=f.name, source_type="bigint", nullable=f.name != "id", lands="int64")
            for f in SCHEMA
        ]
        return TableShape(
            columns=tuple(columns),
            estimated_rows=len(self._source.state.rows),
            lowest="0",
            identity=self._source.identity,
        )

    def observe(self, _table: TableSpec, since: str | None = None) -> Observation:
        version = self._source.state.version
        self._meanwhile()
        return Observation(
            clock="2026-01-01T00:00:00.000000",
            max_cursor=str(version),
            has_nulls=False,
            oldest_open=None,
            sessions_hidden=False,
            tracking=_kept(self._source.state, since),
        )

    def estimate(self, _table: TableSpec, span: Span) -> int:
        return len(_changes(self._source.state, span))

    def cut(self, _table: TableSpec, span: Span, _parts: int) -> tuple[str, ...]:
        versions = sorted(set(_changes(self._source.state, span).values()))
        self._meanwhile()
        return tuple(str(each) for each in versions[:-1])

    def cut_keys(self, _table: TableSpec, _parts: int) -> tuple[str, ...]:
        keys = sorted(self._source.state.rows)
        self._meanwhile()
        return tuple(str(key) for key in keys[1:-1:2])

    @contextmanager
    def read(self, _table: TableSpec, span: Span) -> Iterator[Reading]:
        self._meanwhile()
        self._source.clock += 1
        seen = self._source.state.copy()
        forgotten = not span.by_key and int(span.after or seen.kept_above) < seen.kept_above
        if self.checks and forgotten:
            raise TrackingExpired(tell_expired(span.after, _kept(seen)))
        rows = _whole(seen, span) if span == Span() or span.by_key else _marked(seen, span)
        yield Reading(
            read_at=f"2026-01-01T00:00:00.{self._source.clock:06d}",
            schema=SCHEMA,
            batches=iter([rows] if rows.num_rows else []),
        )


def _kept(state: State, since: str | None = None) -> Tracking:
    asked = since is not None and int(since) == state.kept_above
    return Tracking(
        kept_above=str(state.kept_above),
        began=str(state.began),
        holds_rows=bool(state.rows),
        untouched=bool(state.rows.keys() - state.changed.keys()) if asked else None,
    )


def _changes(state: State, span: Span) -> dict[int, int]:
    low = int(span.after or 0)
    high = state.version if span.upto is None else int(span.upto)
    return {key: v for key, v in sorted(state.changed.items()) if low < v <= high}


def _whole(state: State, span: Span) -> pa.RecordBatch:
    low = -1 if span.after is None else int(span.after)
    high = 1_000 if span.upto is None else int(span.upto)
    rows = [(key, value) for key, value in sorted(state.rows.items()) if low < key <= high]
    return _batch(rows, SCHEMA)


def _marked(state: State, span: Span) -> pa.RecordBatch:
    rows = [
        (key, state.rows.get(key), key not in state.rows, version)
        for key, version in _changes(state, span).items()
    ]
    return _batch(rows, _MARKED)


def _batch(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
