"""The overlap: rows above the bound are read again by the next load, and landed again only if changed.

A row is remembered by a 16-byte BLAKE2b digest of its canonical text, which nobody can forge to be that
of another row. The digests of one load are
complete for the rows it read above its bound and for those without a cursor value, so a row image
whose digest is among them is the image that was landed last, unless another run has published since.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import pyarrow as pa

from shared.landing.columns import PLACES
from shared.landing.row_hash import write_rows

DIGEST = 16
# Bounds the memory of a worker to some 200 MB; past it rows are landed again rather than lost.
MOST_DIGESTS = 2_000_000


def digest_rows(batch: pa.RecordBatch) -> list[bytes]:
    """Give one digest a row, the same for the same values and types in the same columns.

    Where the row stood at the source does not count.
    """
    if batch.num_columns == 0:
        return []
    batch = batch.drop_columns([name for name in PLACES if name in batch.schema.names])
    return [blake2b(row, digest_size=DIGEST).digest() for row in write_rows(batch)]


def pack(digests: Iterable[bytes]) -> bytes:
    """Write digests as one sorted run of bytes."""
    return b"".join(sorted(digests))


def unpack(content: bytes) -> frozenset[bytes]:
    """Read what `pack` wrote."""
    return frozenset(content[at : at + DIGEST] for at in range(0, len(content), DIGEST))
