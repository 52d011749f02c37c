"""Streams record batches into one Parquet file: zstd, row groups of bounded size, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

# A row group is closed at either limit: readers want large ones, memory wants small ones. Two slices of
# one worker hold two of them, and what reads one back holds it again.
ROW_GROUP_ROWS = 128_000
ROW_GROUP_BYTES = 16 * 1024 * 1024
DICTIONARY_BYTES = 32 * 1024


@dataclass(slots=True)
class ParquetStream:
    """Writes one file; `rows` counts what went in. Close it before the sink."""

    sink: BinaryIO
    schema: pa.Schema
    rows: int = 0
    _pending: list[pa.RecordBatch] = field(default_factory=list[pa.RecordBatch])
    _pending_rows: int = 0
    _pending_bytes: int = 0
    _writer: pq.ParquetWriter = field(init=False)

    def __post_init__(self) -> None:
        self._writer = pq.ParquetWriter(
            self.sink,
            self.schema,
            compression="zstd",
            compression_level=1,
            # The constants of a slice and repeated text shrink to nothing. Values that are mostly
            # distinct outgrow a small dictionary soon and are written as they are, which takes less
            # than half the time and less room: of them zstd finds more than a dictionary does.
            use_dictionary=True,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            write_statistics=True,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Take a batch; it reaches the file with its row group."""
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        self._pending_bytes += batch.nbytes
        self.rows += batch.num_rows
        if self._pending_rows >= ROW_GROUP_ROWS or self._pending_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is pending and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if not self._pending:
            return
        table = pa.Table.from_batches(self._pending, self.schema)
        self._writer.write_table(table, row_group_size=max(self._pending_rows, 1))
        self._pending.clear()
        self._pending_rows = self._pending_bytes = 0
