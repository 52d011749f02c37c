"""The form in which every source gives its rows: fields that say their source type, pieces of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

SOURCE_TYPE = b"tidemark.source_type"
MAX_ROWS = 65_536


class Counted:
    """Batches on their way: how many rows were given, and whether the last of them was."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.given = 0
        self.ended = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.given += batch.num_rows
            yield batch
        self.ended = True


def typed_field(name: str, kind: pa.DataType, declared: str) -> pa.Field:
    """Give a column's field; it keeps the source's own name of its type in its metadata.

    It may be null: NOT NULL can be dropped, or not yet be validated, at the source.
    """
    return pa.field(name, kind, metadata={SOURCE_TYPE: declared.encode()})


def in_pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch into pieces of at most `MAX_ROWS` rows."""
    for start in range(0, batch.num_rows, MAX_ROWS):
        yield batch.slice(start, MAX_ROWS)
