"""Keys in one form on both sides, and the partition that a key belongs to."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from shared.landing.row_hash import write_rows
from shared.loading.errors import KeyUnsound

# So many partitions at once; each is cut again by other bits of the same hash, this often at most.
PARTS = 64
DEEPEST = 3
_BITS = 6
# 2^64 divided by the golden ratio: neighbours land far apart (Knuth, TAOCP 6.4).
_SPREAD = pa.scalar(-7046029254386353131, pa.int64())
_MASK = PARTS - 1


def key_column(batch: pa.RecordBatch) -> pa.Array:
    """Give each key as one value: a number, or the canonical text of its columns.

    The columns of `batch` are those of the key alone. Two keys are equal if and only if their values are.
    """
    if batch.num_columns == 1 and pa.types.is_signed_integer(batch.column(0).type):
        return batch.column(0).cast(pa.int64())
    return pa.array(write_rows(batch), pa.binary())


def part_of_keys(keys: pa.Array, depth: int) -> pa.Array:
    """Number the partition of each key, from 0 to below `PARTS`, for a depth from 0 to `DEEPEST`."""
    if pa.types.is_int64(keys.type):
        spread = pc.multiply(pc.fill_null(keys, 0), _SPREAD)
        shift = pa.scalar(64 - _BITS * (depth + 1), pa.int64())
        return pc.bit_wise_and(pc.shift_right(spread, shift), pa.scalar(_MASK, pa.int64()))
    shift = _BITS * depth
    return pa.array([crc32(key) >> shift & _MASK for key in keys.to_pylist()], pa.int64())


def check_not_null(batch: pa.RecordBatch, key: Sequence[str]) -> None:
    """Raise KeyUnsound if a row of the source has no value in a column of its key."""
    for name in key:
        if batch.column(name).null_count:
            raise KeyUnsound(f"the source has rows without a value in key column {name}")
