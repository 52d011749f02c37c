"""Rows cut by the hash of their key into local files, so that a table of any size is compared in bounded memory."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shared.reconciliation.keys import key_column, part_of_keys


@dataclass(slots=True, kw_only=True)
class Spill:
    """Files of one side, one a partition, in Arrow's IPC form. `key` names the columns of the key."""

    folder: Path
    schema: pa.Schema
    key: tuple[str, ...]
    depth: int = 0
    rows: int = 0
    _writers: dict[int, pa.ipc.RecordBatchStreamWriter] = field(
        default_factory=dict[int, pa.ipc.RecordBatchStreamWriter]
    )

    def fill(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take all batches, and close the files."""
        self.folder.mkdir(parents=True)
        try:
            for batch in batches:
                self.rows += batch.num_rows
                self._cut(batch)
        finally:
            for writer in self._writers.values():
                writer.close()

    def bytes(self, part: int) -> int:
        """Give the size of a partition."""
        file = self._file(part)
        return file.stat().st_size if file.exists() else 0

    def read(self, part: int) -> Iterator[pa.RecordBatch]:
        """Give the batches of a partition, from memory that the system may take back."""
        if not self._file(part).exists():
            return
        with pa.memory_map(str(self._file(part))) as source, pa.ipc.open_stream(source) as stream:
            yield from stream

    def drop(self, part: int) -> None:
        """Remove a partition that has been worked on."""
        self._file(part).unlink(missing_ok=True)

    @property
    def parts(self) -> tuple[int, ...]:
        """The partitions that hold a row."""
        return tuple(sorted(self._writers))

    def _cut(self, batch: pa.RecordBatch) -> None:
        parts = part_of_keys(key_column(batch.select(list(self.key))), self.depth)
        order = pc.sort_indices(parts)
        sorted_rows, sorted_parts = batch.take(order), parts.take(order)
        start = 0
        counted = pc.value_counts(sorted_parts)
        counts = [int(str(count)) for count in counted.field("counts")]
        ends = zip(counted.field("values").to_pylist(), counts, strict=True)
        for part, count in ends:
            self._writer(part).write_batch(sorted_rows.slice(start, count))
            start += count

    def _writer(self, part: int) -> pa.ipc.RecordBatchStreamWriter:
        if part not in self._writers:
            self._writers[part] = pa.ipc.new_stream(str(self._file(part)), self.schema)
        return self._writers[part]

    def _file(self, part: int) -> Path:
        return self.folder / f"{part:03d}.arrow"
