"""Reads all records for a comparison with the lake, and keeps them until their rows are asked for.

There is no snapshot over REST. So everything is read twice, and a record is gone only if neither of the two
reads has found it: one that is changed while it is read may move past the reader once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from pyarrow import ipc

from shared.adapters.rest.collection import Collection
from shared.adapters.rest.columns import Filling
from shared.adapters.rest.reading import PageReading
from shared.catalog import TableSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import KeyScan
from shared.landing.overlap import digest_rows
from shared.landing.row_hash import hash_rows

_READS = 2
_HASH = typed_field("tidemark:hash", pa.binary(), "binary")


@contextmanager
def scan_records(
    table: TableSpec,
    collection: Collection,
    filling: Filling,
    *,
    columns: Sequence[str],
    hashed: Sequence[str],
) -> Generator[KeyScan]:
    """Read everything into a file, then give of each key the row that came last."""
    with TemporaryDirectory(prefix="tidemark-rest-") as folder:
        kept = _KeptRows(Path(folder) / "rows.arrow", filling.schema, table.key)
        for number in range(_READS):
            walk, pages = collection.walk(())
            reading = PageReading(walk=walk, pages=pages, filling=filling, span=None, undated=False)
            kept.write(reading.batches(), more=number + 1 < _READS)
        # The last answer's: whatever an earlier run has landed was read before it.
        moment = (collection.date or datetime.now(UTC)).replace(tzinfo=None)
        yield KeyScan(
            read_at=moment.isoformat(timespec="microseconds"),
            schema=filling.schema,
            batches=_chosen(kept, columns, hashed),
            find=lambda keys: kept.find(frozenset(digest_rows(keys))),
        )


def _chosen(
    kept: _KeptRows, columns: Sequence[str], hashed: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    for batch in kept.rows():
        chosen = batch.select(list(columns))
        if hashed:
            hashes = pa.array(hash_rows(batch.select(list(hashed))), pa.binary())
            chosen = pa.RecordBatch.from_arrays(
                [*chosen.columns, hashes], schema=chosen.schema.append(_HASH)
            )
        yield chosen


class _KeptRows:
    """Rows in a file, of which the last of each key counts."""

    def __init__(self, path: Path, schema: pa.Schema, key: Sequence[str]) -> None:
        self._path, self._key = path, list(key)
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = ipc.new_stream(self._sink, schema)
        self._last: dict[bytes, int] = {}
        self._written = 0

    def write(self, batches: Iterator[pa.RecordBatch], *, more: bool) -> None:
        """Add rows; close the file unless there are `more` to come."""
        for batch in batches:
            for key in digest_rows(batch.select(self._key)):
                self._last[key] = self._written
                self._written += 1
            self._writer.write_batch(batch)
        if not more:
            self._writer.close()
            self._sink.close()

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Give the rows that count."""
        yield from self._select(None)

    def find(self, keys: frozenset[bytes]) -> Iterator[pa.RecordBatch]:
        """Give the rows of some keys."""
        yield from self._select(keys)

    def _select(self, wanted: frozenset[bytes] | None) -> Iterator[pa.RecordBatch]:
        number = 0
        with pa.OSFile(str(self._path), "rb") as source, ipc.open_stream(source) as rows:
            for batch in rows:
                keys = digest_rows(batch.select(self._key))
                kept = [
                    self._last[key] == number + at and (wanted is None or key in wanted)
                    for at, key in enumerate(keys)
                ]
                number += batch.num_rows
                if any(kept):
                    yield batch.filter(pa.array(kept, pa.bool_()))
