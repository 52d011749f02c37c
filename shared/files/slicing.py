"""Lands the files of one slice: those that can be read, in the run's own files; the rest is told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from shared.extraction.source import Reading
from shared.files.columns import own_columns, schema_of
from shared.files.errors import FileUnreadable, VersionGone
from shared.files.malformed import MalformedRows
from shared.files.reading import FileReading, Part
from shared.files.typed import arrow_of
from shared.files.zone import LandingZone
from shared.landing.lake import Lake
from shared.landing.slicing import SliceLanding
from shared.loading.errors import BadOrder, PermanentError
from shared.loading.plan import LoadPlan, Slice
from shared.loading.receipt import Receipt
from shared.loading.versions import FileRead, FileVersion

# A file up to this size is held until it is read to its end: should it break, nothing of it has landed.
HELD_BYTES = 8 * 1024 * 1024
MOST_HELD_ROWS_BYTES = 64 * 1024 * 1024


class _Broken(Exception):
    """A file of which rows were handed on already has broken."""


@dataclass(slots=True, kw_only=True)
class FileSlice:
    """One execution of one slice of files.

    Where a large file breaks after rows of it were written, everything is written anew without it: a
    large file is alone in its slice.
    """

    lake: Lake
    zone: LandingZone
    plan: LoadPlan
    part: Slice
    execution: str
    now: Callable[[], datetime]
    _failed: dict[FileVersion, FileRead] = field(default_factory=dict[FileVersion, FileRead])
    _done: list[FileRead] = field(default_factory=list[FileRead])

    def land(self) -> Receipt:
        """Write what can be read, prove it, and say what became of each file. Raises ReceiptBroken."""
        attempt = 0
        while True:
            execution = f"{self.execution}-{attempt}"
            self._done = []
            try:
                return self._write(execution)
            except _Broken:
                attempt += 1

    def _write(self, execution: str) -> Receipt:
        read_at = self.zone.clock().replace(tzinfo=None).isoformat(timespec="microseconds")
        aside = MalformedRows(
            lake=self.lake,
            plan=self.plan,
            part=self.part,
            execution=execution,
            read_at=read_at,
            loaded_at=self.now(),
        )
        schema = self._schema()
        landing = SliceLanding(
            lake=self.lake,
            plan=self.plan,
            part=self.part,
            execution=execution,
            known=frozenset(),
            now=self.now,
        )
        with aside:
            batches = self._batches(schema, aside)
            written = landing.write(Reading(read_at=read_at, schema=schema, batches=batches))
        receipt = landing.prove(written)
        reads = (*self._done, *self._failed.values())
        return replace(receipt, reads=reads, malformed=aside.prove())

    def _schema(self) -> pa.Schema:
        own = own_columns(self.plan.columns)
        return schema_of(self.plan.columns, [arrow_of(column) for column in own])

    def _batches(self, schema: pa.Schema, aside: MalformedRows) -> Iterator[pa.RecordBatch]:
        files = self.plan.spec.files
        if files is None:
            raise BadOrder(f"{self.plan.table} is no table of files any more")
        for version in self.part.files:
            if version in self._failed:
                continue
            reading = FileReading(
                zone=self.zone,
                spec=self.plan.spec,
                files=files,
                columns=self.plan.columns,
                schema=schema,
                version=version,
            )
            yield from self._rows(reading, version, aside)

    def _rows(
        self, reading: FileReading, version: FileVersion, aside: MalformedRows
    ) -> Iterator[pa.RecordBatch]:
        """Hand on the rows of a file: at once if it is large, else when it was read to its end."""
        held: list[Part] = []
        holds, size, handed = version.size <= HELD_BYTES, 0, False
        try:
            for part in reading.parts():
                held.append(part)
                size += part.rows.nbytes
                if not holds or size > MOST_HELD_ROWS_BYTES:
                    handed = True
                    yield from self._hand_on(held, reading, aside)
        except (FileUnreadable, VersionGone) as error:
            self._failed[version] = _told(reading, version, error)
            if handed:
                raise _Broken from error
            return
        yield from self._hand_on(held, reading, aside)
        self._done.append(reading.read)

    def _hand_on(
        self, held: list[Part], reading: FileReading, aside: MalformedRows
    ) -> Iterator[pa.RecordBatch]:
        for part in held:
            aside.add(part.malformed, reading.version)
            if part.rows.num_rows:
                yield part.rows
        held.clear()


def _told(reading: FileReading, version: FileVersion, error: PermanentError) -> FileRead:
    fate = "lost" if isinstance(error, VersionGone) else "dead"
    return replace(
        reading.read, version=version, fate=fate, rows=0, malformed=0, error=error.failure
    )
