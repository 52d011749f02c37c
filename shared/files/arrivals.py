"""What is remembered of each file: versions that wait to be read, and what became of those that were.

A record is changed by pure steps that the store applies by compare-and-set. Telling of a version
twice, in any order and after it was read, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.loading.versions import Fate, FileRead, FileVersion

# So many versions of one file are remembered after they were read. An event comes within a day.
MOST_SETTLED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A version that is done with, and the run that said so."""

    etag: str
    fate: Fate
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file: the versions that wait, in the order they were told of, and those done with."""

    path: str
    waiting: tuple[FileVersion, ...] = ()
    settled: tuple[Settled, ...] = ()

    def knows(self, etag: str) -> bool:
        """Say whether a version waits or is done with."""
        return any(each.etag == etag for each in (*self.waiting, *self.settled))


class Arrivals(Protocol):
    """The versions of each table's files. Raises StateUnavailable."""

    def tell(self, table: str, versions: Sequence[FileVersion]) -> int:
        """Remember versions that were seen; give how many of them wait to be read, told of before or not."""
        ...

    def waiting(self, table: str, most: int) -> tuple[FileVersion, ...]:
        """Give versions that wait to be read, at most so many."""
        ...

    def unknown(self, table: str, versions: Iterable[FileVersion]) -> tuple[FileVersion, ...]:
        """Give those versions that nobody has told of."""
        ...

    def settle(self, table: str, reads: Sequence[FileRead], run_id: str) -> None:
        """Remember what a run whose commit is claimed did with versions."""
        ...

    def drop(self, table: str, versions: Sequence[FileVersion]) -> None:
        """Forget versions that wait and never held anything."""
        ...

    def replay(self, table: str, version: FileVersion) -> None:
        """Let a version wait again that could not be read; another that was read stays read."""
        ...

    def swept(self, table: str) -> str | None:
        """Give when the landing zone was looked through last for a table: UTC, ISO 8601."""
        ...

    def sweep(self, table: str, at: str) -> None:
        """Remember that the landing zone was looked through."""
        ...


def tell(record: FileRecord, version: FileVersion) -> FileRecord:
    """Let a version wait, unless it is known; an event adds its sequencer to what a sweep has found."""
    if not record.knows(version.etag):
        return replace(record, waiting=(*record.waiting, version))
    if not version.sequencer:
        return record
    waiting = tuple(
        replace(each, sequencer=each.sequencer or version.sequencer)
        if each.etag == version.etag
        else each
        for each in record.waiting
    )
    return replace(record, waiting=waiting)


def settle(record: FileRecord, read: FileRead, run_id: str) -> FileRecord:
    """Take a version off those that wait and remember what became of it."""
    etag = read.version.etag
    done = Settled(etag=etag, fate=read.fate, run_id=run_id)
    settled = (*(each for each in record.settled if each.etag != etag), done)
    return replace(
        record,
        waiting=tuple(each for each in record.waiting if each.etag != etag),
        settled=settled[-MOST_SETTLED:],
    )


def drop(record: FileRecord, etag: str) -> FileRecord:
    """Forget a version that waits."""
    return replace(record, waiting=tuple(each for each in record.waiting if each.etag != etag))


def replay(record: FileRecord, version: FileVersion) -> FileRecord:
    """Let a version that could not be read wait again; one that landed stays landed."""
    dead = (version.etag, "dead")
    kept = (each for each in record.settled if (each.etag, each.fate) != dead)
    return tell(replace(record, settled=tuple(kept)), version)
