"""Parts the row images of a lake by key into temporary files, so that each part fits into memory."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from cli.migration.lake.casting import read_images, with_order
from cli.migration.lake.errors import NotComparable
from cli.migration.lake.images import Lake

ROWS_AT_ONCE = 1_000_000
MOST_BUCKETS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """One lake's images, parted. Equal keys lie in buckets of equal number on both sides."""

    folder: Path
    side: str

    def read(self, bucket: int) -> pa.Table:
        """Give the images of one bucket, in the order in which they were read."""
        with pa.memory_map(str(self.path(bucket))) as mapped:
            return pa.ipc.open_file(mapped).read_all()

    def path(self, bucket: int) -> Path:
        """Name the file of a bucket."""
        return self.folder / f"{self.side}-{bucket}.arrow"


def count_buckets(*lakes: Lake) -> int:
    """Say into how many buckets these lakes are parted."""
    images = sum(lake.images for lake in lakes)
    return min(images // ROWS_AT_ONCE + 1, MOST_BUCKETS)


def spool(
    lake: Lake, wanted: pa.Schema, key: Sequence[str], *, buckets: int, folder: Path
) -> Spool:
    """Write the wanted columns of all images to temporary files in `folder`.

    Raises:
        NotComparable: a key column holds NULL, or a value does not fit the comparison.
    """
    spooled = Spool(folder=folder, side=lake.side)
    with ExitStack() as opened:
        schema = with_order(wanted)
        files = [
            opened.enter_context(pa.ipc.new_file(str(spooled.path(bucket)), schema))
            for bucket in range(buckets)
        ]
        for part in lake.parts:
            for batch in read_images(part, lake.side, wanted):
                _check_key(part.path, batch, key)
                for bucket, rows in enumerate(_split(batch, key, buckets)):
                    files[bucket].write_batch(rows)
    return spooled


def _check_key(path: Path, batch: pa.RecordBatch, key: Sequence[str]) -> None:
    for column in key:
        if batch.column(column).null_count:
            raise NotComparable(f"{path}: column {column} holds NULL and is no key; give --key")


def _split(batch: pa.RecordBatch, key: Sequence[str], buckets: int) -> list[pa.RecordBatch]:
    if buckets == 1:
        return [batch]
    keys = zip(*(_values(batch.column(column)) for column in key), strict=True)
    # Not hash(): it may give 0.0 and -0.0 one value, and differs between runs for texts.
    numbers = pa.array([crc32(repr(each).encode()) % buckets for each in keys], pa.int16())
    return [batch.filter(pc.equal(numbers, bucket)) for bucket in range(buckets)]


def _values(column: pa.Array) -> Sequence[object]:
    """Give the values of a column; instants as numbers, since Python's own end at the year 9999."""
    if is_.is_timestamp(column.type):
        return column.cast(pa.int64()).to_pylist()
    if is_.is_date32(column.type):
        return column.cast(pa.int32()).to_pylist()
    return column.to_pylist()
