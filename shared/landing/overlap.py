"""The overlap: rows above the bound are read again by the next load, and landed again only if changed.

A row is remembered by a 16-byte BLAKE2b digest of all its values. The digests of one load are
complete for the rows it read above its bound and for those without a cursor value, so a row image
whose digest is among them is the image that was landed last, unless another run has published since.
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

DIGEST = 16
# Bounds the memory of a worker to some 200 MB; past it rows are landed again rather than lost.
MOST_DIGESTS = 2_000_000


def digest_rows(batch: pa.RecordBatch) -> list[bytes]:
    """Give one digest a row, the same for the same values and types in the same columns."""
    if batch.num_columns == 0:
        return []
    pieces: list[pa.Array] = []
    for column in batch.columns:
        text = _as_bytes(column)
        length = pc.cast(pc.binary_length(text), pa.string())
        # The length keeps neighbours apart: "ab","c" must not equal "a","bc"; NULL is no length.
        pieces += [pc.fill_null(length, "-").cast(pa.binary()), pc.fill_null(text, b"")]
    rows = pc.binary_join_element_wise(*pieces, pa.scalar(b"|", pa.binary()))
    return [blake2b(row, digest_size=DIGEST).digest() for row in rows.to_pylist()]


def pack(digests: Iterable[bytes]) -> bytes:
    """Write digests as one sorted run of bytes."""
    return b"".join(sorted(digests))


def unpack(content: bytes) -> frozenset[bytes]:
    """Read what `pack` wrote."""
    return frozenset(content[at : at + DIGEST] for at in range(0, len(content), DIGEST))


def _as_bytes(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return column.cast(pa.binary())
    if pa.types.is_fixed_size_binary(kind):
        return column.cast(pa.binary())
    if pa.types.is_floating(kind):
        # By bits, so that NaN equals NaN and -0.0 differs from 0.0.
        width = kind.bit_width // 8
        bits = pa.Array.from_buffers(
            pa.binary(width), len(column), column.buffers(), offset=column.offset
        )
        return bits.cast(pa.binary())
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return column.cast(pa.int64()).cast(pa.string()).cast(pa.binary())
    if pa.types.is_date32(kind):
        return column.cast(pa.int32()).cast(pa.string()).cast(pa.binary())
    return column.cast(pa.string()).cast(pa.binary())
