"""Arrivals in Table Storage: one partition a table, one row a file, and beside it a mark while a version waits.

Row and mark change in one transaction, so that what waits is found without looking at what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from shared.adapters.azure.entities import WHATEVER, Entities, Row, RowModified
from shared.files import arrivals as steps
from shared.files.arrivals import FileRecord
from shared.loading.decoding import prepare
from shared.loading.errors import StateUnavailable
from shared.loading.order import table_key
from shared.loading.versions import FileRead, FileVersion

prepare(FileRecord)

_TRIES = 50
# Two rows each, of the hundred that one transaction may hold.
_FILES_AT_ONCE = 50
# Beyond so many files it is less to read all that is known than to ask for each.
_FEW = 200
_SWEPT = "swept"
Step = Callable[[FileRecord], FileRecord]


class AzureArrivals:
    """Implements `shared.files.arrivals.Arrivals`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def tell(self, table: str, versions: Sequence[FileVersion]) -> int:
        """Remember versions that were seen; give how many of them wait to be read, told of before or not."""
        wait = 0
        for version in versions:
            after = self._change(
                table, version.path, lambda record, version=version: steps.tell(record, version)
            )
            wait += any(each.etag == version.etag for each in after.waiting)
        return wait

    def waiting(self, table: str, most: int) -> tuple[FileVersion, ...]:
        """Give versions that wait to be read, at most so many."""
        found: list[FileVersion] = []
        for mark in self._rows.range(table_key(table), low="waiting-", high="waiting.", page=1000):
            found += msgspec.json.decode(mark.body, type=tuple[FileVersion, ...])
            if len(found) >= most:
                break
        return tuple(found[:most])

    def unknown(self, table: str, versions: Iterable[FileVersion]) -> tuple[FileVersion, ...]:
        """Give those versions that nobody has told of."""
        listed = list(versions)
        if len(listed) <= _FEW:
            records = {each.path: self._record(table, each.path)[0] for each in listed}
            return tuple(each for each in listed if not records[each.path].knows(each.etag))
        known = {
            (record.path, each.etag)
            for record in self._records(table)
            for each in (*record.waiting, *record.settled)
        }
        return tuple(each for each in listed if (each.path, each.etag) not in known)

    def settle(self, table: str, reads: Sequence[FileRead], run_id: str) -> None:
        """Remember what a run whose commit is claimed did with versions."""
        by_path: dict[str, list[FileRead]] = {}
        for read in reads:
            by_path.setdefault(read.version.path, []).append(read)
        paths = list(by_path)
        for start in range(0, len(paths), _FILES_AT_ONCE):
            some = paths[start : start + _FILES_AT_ONCE]
            self._settle_some(table, {path: by_path[path] for path in some}, run_id)

    def drop(self, table: str, versions: Sequence[FileVersion]) -> None:
        """Forget versions that wait and never held anything."""
        for version in versions:
            etag = version.etag
            self._change(table, version.path, lambda record, etag=etag: steps.drop(record, etag))

    def replay(self, table: str, version: FileVersion) -> None:
        """Let a version wait again that could not be read."""
        self._change(table, version.path, lambda record: steps.replay(record, version))

    def swept(self, table: str) -> str | None:
        """Give when the landing zone was looked through last for a table."""
        row = self._rows.get(table_key(table), _SWEPT)
        return msgspec.json.decode(row.body, type=str) if row else None

    def sweep(self, table: str, at: str) -> None:
        """Remember that the landing zone was looked through."""
        self._rows.put(table_key(table), _SWEPT, at)

    def _settle_some(self, table: str, reads: dict[str, list[FileRead]], run_id: str) -> None:
        """Settle files in one transaction; one by one where somebody comes between."""

        def step(record: FileRecord) -> FileRecord:
            for read in reads[record.path]:
                record = steps.settle(record, read, run_id)
            return record

        changes: list[tuple[str, Any, str | None]] = []
        for path in reads:
            record, row = self._record(table, path)
            after = step(record)
            if after != record:
                changes += _changes(record, after, row)
        if not changes:
            return
        try:
            self._rows.swap_all(changes, partition=table_key(table))
        except RowModified:
            for path in reads:
                self._change(table, path, step)

    def _change(self, table: str, path: str, step: Step) -> FileRecord:
        """Apply a step to a file's record; give what it is then."""
        for _ in range(_TRIES):
            record, row = self._record(table, path)
            after = step(record)
            if after == record:
                return after
            try:
                self._rows.swap_all(_changes(record, after, row), partition=table_key(table))
            except RowModified:
                continue
            return after
        raise StateUnavailable(f"{path} is being changed by too many at once")

    def _record(self, table: str, path: str) -> tuple[FileRecord, Row | None]:
        row = self._rows.get(table_key(table), _key("file", path))
        return (_decoded(row) if row else FileRecord(path=path)), row

    def _records(self, table: str) -> Iterator[FileRecord]:
        for row in self._rows.range(table_key(table), low="file-", high="file.", page=1000):
            yield _decoded(row)


def _changes(
    before: FileRecord, after: FileRecord, row: Row | None
) -> list[tuple[str, Any, str | None]]:
    """Give what is to be written: the record, and its mark, which is removed where nothing waits."""
    mark = _key("waiting", after.path)
    changes: list[tuple[str, Any, str | None]] = [
        (_key("file", after.path), after, row.etag if row else None)
    ]
    if after.waiting:
        changes.append((mark, after.waiting, WHATEVER))
    elif before.waiting:
        changes.append((mark, None, WHATEVER))
    return changes


def _key(kind: str, path: str) -> str:
    # A path may be longer than a key, and hold what a key may not.
    return f"{kind}-{sha256(path.encode()).hexdigest()[:40]}"


def _decoded(row: Row) -> FileRecord:
    return msgspec.json.decode(row.body, type=FileRecord)
