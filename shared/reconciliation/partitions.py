"""Joins what was spilled partition by partition, each small enough for memory."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from shared.reconciliation.differences import Differences, find_differences
from shared.reconciliation.keys import DEEPEST
from shared.reconciliation.spill import Spill

# What both sides of a partition may have on disk. To join it takes some five times as much memory.
MOST_BYTES = 16 * 1024 * 1024


def join_partitions(
    source: Spill, lake: Spill, *, most_bytes: int = MOST_BYTES
) -> Iterator[Differences]:
    """Join all partitions; one that is too large is cut again by other bits of the hash.

    Raises:
        KeyUnsound: two rows of the source have one key.
    """
    for part in sorted({*source.parts, *lake.parts}):
        size = source.bytes(part) + lake.bytes(part)
        if size > most_bytes and source.depth < DEEPEST:
            yield from join_partitions(
                _cut_again(source, part), _cut_again(lake, part), most_bytes=most_bytes
            )
        else:
            yield find_differences(_whole(lake, part), _whole(source, part), source.key)
        source.drop(part)
        lake.drop(part)


def _cut_again(spill: Spill, part: int) -> Spill:
    finer = Spill(
        folder=spill.folder / f"{part:03d}",
        schema=spill.schema,
        key=spill.key,
        depth=spill.depth + 1,
    )
    finer.fill(spill.read(part))
    return finer


def _whole(spill: Spill, part: int) -> pa.RecordBatch:
    batches = list(spill.read(part))
    if not batches:
        return pa.RecordBatch.from_arrays(
            [pa.nulls(0, field.type) for field in spill.schema], schema=spill.schema
        )
    [batch] = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch
