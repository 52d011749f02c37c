"""Rows that one side alone has: what became of their keys is told by the rest of them.

A deleted and a missing row that are alike but for their key are one row that was given another key. The
two may lie in different slices, so each slice keeps the hashes of its own, and all are compared at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.landing.lake import Lake
from shared.landing.row_hash import HASH_BYTES
from shared.reconciliation.differences import HASH, Differences

# Bounds the memory of a worker to some 200 MB. Past it pairs are not counted, and all is repaired the same.
MOST_ORPHANS = 1_000_000
_MISSING, _DELETED = b"m", b"d"
_RECORD = HASH_BYTES + 1


@dataclass(slots=True)
class Orphans:
    """The hashes of a slice's missing and deleted rows."""

    _records: list[bytes] = field(default_factory=list[bytes])

    def take(self, found: Differences) -> None:
        """Keep what a partition has found."""
        for side, rows in ((_MISSING, found.missing), (_DELETED, found.deleted)):
            if HASH in rows.schema.names and len(self._records) <= MOST_ORPHANS:
                hashes: list[bytes | None] = rows.column(HASH).to_pylist()
                self._records += [side + digest for digest in hashes if digest is not None]

    def store(self, lake: Lake, folder: str) -> str | None:
        """Write the hashes into the folder of an execution; give the path, None if there are none."""
        if not self._records:
            return None
        path = f"{folder}/orphans.bin"
        lake.write(path, b"".join(self._records))
        return path


def count_rekeyed(lake: Lake, stored: Iterable[str]) -> int | None:
    """Count the pairs among the orphans of all slices; None if there are too many to be compared."""
    missing, deleted = Counter[bytes](), Counter[bytes]()
    for path in stored:
        content = lake.read(path)
        for at in range(0, len(content), _RECORD):
            side = missing if content[at : at + 1] == _MISSING else deleted
            side[content[at + 1 : at + _RECORD]] += 1
        if missing.total() + deleted.total() > MOST_ORPHANS:
            return None
    return sum((missing & deleted).values())
