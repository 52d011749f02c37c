"""The app over a source, a lake, turns and a ledger in memory, whose calls can be broken off or stepped between."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from modelled_source import Image, ModelledSession, ModelledSource

from shared.catalog import Catalog, TableSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import Column, Reading, TableShape
from shared.landing.lake import LakePath
from shared.landing.manifest import Manifest
from shared.loading.cursor import SECOND
from shared.loading.published import PublishedRun
from shared.loading.span import Span
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark
from shared.operations.ordering import OrderDesk
from shared.runtime.wiring import App
from tests.unit.alerting.memory_boards import MemoryBoards, MemoryFreshness
from tests.unit.lakehouse.lakehouse_samples import MemoryRefreshes, MemoryReleases
from tests.unit.landing.memory_lake import MemoryLake
from tests.unit.operations.memory_ledger import MemoryLedger, MemoryStates

T = TypeVar("T")


class Died(BaseException):
    """The worker is dead. No code of ours may catch it."""


class Calls:
    """Counts what an activity asks of lake and state; at a chosen call it dies, or others come first.

    A call that dies `late` has been carried out before, only its answer is lost.
    """

    def __init__(self) -> None:
        self.arm()

    def arm(
        self,
        *,
        dies: int | None = None,
        late: bool = False,
        beside: tuple[int, Callable[[], None]] | None = None,
    ) -> None:
        self._made, self._dies, self._late, self._beside = 0, dies, late, beside

    def make(self, call: Callable[[], T]) -> T:
        self._made += 1
        number = self._made
        if self._beside is not None and self._beside[0] == number:
            _, others = self._beside
            left = (self._dies, self._late)
            self.arm()
            others()
            self._made, self._dies, self._late, self._beside = number, *left, None
        if self._dies == number and not self._late:
            raise Died
        result = call()
        if self._dies == number:
            raise Died
        return result


class StagedLake(MemoryLake):
    """A lake each of whose calls can be the last."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls

    @contextmanager
    def create(self, path: str) -> Iterator[Any]:
        sink = io.BytesIO()
        yield sink
        self._calls.make(lambda: self._enter(path, sink.getvalue()))

    def write(self, path: str, content: bytes) -> None:
        # From the class itself: within a lambda `super()` is another.
        self._calls.make(lambda: MemoryLake.write(self, path, content))

    def read(self, path: str) -> bytes:
        return self._calls.make(lambda: MemoryLake.read(self, path))

    def move(self, source: str, target: str) -> None:
        self._calls.make(lambda: MemoryLake.move(self, source, target))

    def list(self, folder: str) -> Iterator[LakePath]:
        return iter(self._calls.make(lambda: list(MemoryLake.list(self, folder))))

    def remove(self, folder: str) -> None:
        self._calls.make(lambda: MemoryLake.remove(self, folder))


class StagedStates(MemoryStates):
    """Turns and watermarks by compare-and-set, with others coming between reading and setting.

    `told` collects what must never happen.
    """

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls
        self.told: list[str] = []
        self.claimed: set[str] = set()

    def change_turn(self, table: str, step: Callable[[Turn], Turn]) -> Turn:
        while True:
            before = self.turn(table)
            after = step(before)
            if self._calls.make(lambda b=before, a=after: self._swap(table, b, a)):
                return after

    def advance(
        self,
        table: str,
        *,
        step: Callable[[Turn], Turn],
        before: Watermark | None,
        after: Watermark | None,
        published: PublishedRun | None = None,
    ) -> None:
        def move() -> None:
            turn = self.turn(table)
            stepped = step(turn)
            if stepped == turn:
                return
            MemoryStates.advance(
                self, table, step=step, before=before, after=after, published=published
            )
            self._look(turn, stepped)

        self._calls.make(move)

    def _swap(self, table: str, before: Turn, after: Turn) -> bool:
        if self.turn(table) != before:
            return False
        self.turns[table] = after
        self._look(before, after)
        return True

    def _look(self, before: Turn, after: Turn) -> None:
        if before.claim is not None and after.claim not in (None, before.claim):
            self.told.append(f"{after.claim} replaces {before.claim}")
        if after.claim is not None:
            self.claimed.add(after.claim.run_id)
        holds = after.claim and (after.claim.run_id, after.claim.epoch) == (
            after.holder,
            after.epoch,
        )
        if after.claim not in (None, before.claim) and not holds:
            self.told.append(f"{after.claim} was claimed by a run that does not hold the turn")
        if after.epoch < before.epoch or after.published_run_no < before.published_run_no:
            self.told.append("the turn went back")


class StagedLedger(MemoryLedger):
    """A ledger each of whose writes can be the last."""

    calls: Calls

    def record_run(self, record: Any) -> None:
        self.calls.make(lambda: MemoryLedger.record_run(self, record))


class RowSession(ModelledSession):
    """A session that gives rows: a key, a cursor value, and which version of the row it is."""

    def shape(self, _table: TableSpec) -> TableShape:
        return TableShape(
            columns=tuple(
                Column(
                    name=field.name,
                    source_type=str(field.type),
                    lands=str(field.type),
                    nullable=True,
                )
                for field in _schema(self._source)
            ),
            estimated_rows=0,
            resolution=self._source.stamping.resolution,
            zoned=False,
            lowest=str(-(2**63)),
        )

    @contextmanager
    def read(self, _table: TableSpec, span: Span) -> Iterator[Reading]:
        source = self._source
        read_at = datetime.fromtimestamp(source.clock // SECOND, UTC)
        micro = source.clock % SECOND // 1000
        images = sorted(self.images(span), key=lambda image: image.key)
        self._meanwhile()
        batch = _batch(source, images)
        yield Reading(
            read_at=f"{read_at:%Y-%m-%dT%H:%M:%S}.{micro:06d}",
            schema=batch.schema,
            batches=iter([batch] if images else []),
        )


def _schema(source: ModelledSource) -> pa.Schema:
    stamped = source.stamping.type.kind == "timestamp"
    kinds = {"id": pa.int64(), "c": pa.timestamp("us") if stamped else pa.int64()}
    kinds["version"] = pa.int64()
    return pa.schema([typed_field(name, kind, str(kind)) for name, kind in kinds.items()])


def _batch(source: ModelledSource, images: list[Image]) -> pa.RecordBatch:
    schema = _schema(source)
    per_unit = 1000 if source.stamping.type.kind == "timestamp" else 1
    columns = [
        [image.key for image in images],
        [image.value // per_unit for image in images],
        [image.version for image in images],
    ]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


@dataclass(frozen=True, slots=True)
class _Sources:
    source: ModelledSource
    calls: Calls
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    @contextmanager
    def open(self, _table: TableSpec, columns: object = ()) -> Iterator[RowSession]:
        # Others come between the statements of a load as between its calls.
        yield RowSession(self.source, lambda: self.calls.make(lambda: None))


@dataclass(frozen=True, slots=True)
class _Files:
    spec: TableSpec

    def read(self) -> Catalog:
        return Catalog(sources=(self.spec.source,), tables=(self.spec,))


@dataclass
class Landed:
    """Bronze as a reader has it: for each run its number, its mode, its images with their reading time."""

    lake: MemoryLake
    target: str
    runs: dict[str, tuple[int, str, list[tuple[int, int, str]]]] = field(default_factory=dict)

    def look(self) -> None:
        """Read the runs that have appeared."""
        for path in list(self.lake.files):
            folder = path.rsplit("/", 1)[0]
            if path != f"{folder}/_manifest.json" or not folder.startswith(
                f"{self.target}/run_id="
            ):
                continue
            if folder not in self.runs:
                self.runs[folder] = self._read(folder)

    def _read(self, folder: str) -> tuple[int, str, list[tuple[int, int, str]]]:
        manifest = msgspec.json.decode(self.lake.files[f"{folder}/_manifest.json"], type=Manifest)
        rows: list[tuple[int, int, str]] = []
        for file in manifest.files:
            content = self.lake.files[f"{folder}/{file.name}"]
            table = pq.read_table(pa.BufferReader(content), columns=["id", "version", "_read_at"])
            rows += [(row["id"], row["version"], str(row["_read_at"])) for row in table.to_pylist()]
        assert manifest.rows == len(rows)
        return manifest.run_no, manifest.load_type, rows

    def current(self) -> dict[int, int]:
        """The version of each key that counts."""
        self.look()
        snapshots = [no for no, mode, _ in self.runs.values() if mode == "snapshot"]
        first = max(snapshots, default=0)
        images = [
            (no, read_at, key, version)
            for no, _, rows in self.runs.values()
            if no >= first
            for key, version, read_at in rows
        ]
        return {key: version for _, _, key, version in sorted(images)}

    def doubled(self) -> list[Any]:
        """Runs of one number, and images that were published more than once."""
        self.look()
        numbers = [no for no, _, _ in self.runs.values()]
        images = [
            (no, key, read_at) for no, _, rows in self.runs.values() for key, _, read_at in rows
        ]
        return _twice(numbers) + _twice(images)


def _twice(values: Iterable[Any]) -> list[Any]:
    ordered = sorted(values)
    return [a for a, b in pairwise(ordered) if a == b]


def staged_app(
    *,
    lake: StagedLake,
    states: StagedStates,
    ledger: StagedLedger,
    files: object,
    sources: object,
    now: Callable[[], datetime],
) -> App:
    """The app over parts that keep everything in memory."""
    return App(
        settings=cast("Any", None),
        catalog_reader=cast("Any", files),
        lake=lake,
        states=states,
        ledger=ledger,
        sources=cast("Any", sources),
        boards=MemoryBoards(),
        freshness=MemoryFreshness(),
        channels=(),
        now=now,
        publications=states,
        refreshes=MemoryRefreshes(),
        releases=MemoryReleases(),
        # A table of a database needs nothing of files and events.
        zone=cast("Any", None),
        arrivals=cast("Any", None),
        letters=cast("Any", None),
        seen=cast("Any", None),
        known_events=cast("Any", None),
        audit=cast("Any", None),
    )


class Stack:
    """One table of a modelled source, and the app that loads it."""

    def __init__(self, source: ModelledSource) -> None:
        self.source, self.calls = source, Calls()
        self.spec = source.stamping.spec
        self.states, self.lake = StagedStates(self.calls), StagedLake(self.calls)
        self.ledger = StagedLedger()
        self.ledger.calls = self.calls
        self.bronze = Landed(self.lake, self.spec.target)
        self._drawn = 0
        self.app = staged_app(
            lake=self.lake,
            states=self.states,
            ledger=self.ledger,
            files=_Files(self.spec),
            sources=_Sources(source, self.calls),
            now=self.now,
        )
        self.desk = OrderDesk(
            ledger=self.ledger, states=self.states, now=self.now, entropy=self._entropy
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.source.clock / SECOND, UTC)

    def _entropy(self) -> str:
        self._drawn += 1
        return f"{self._drawn:06x}"
