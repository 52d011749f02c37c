"""Proves a slice whose files lie in staging: what the source gave is what lies there.

Two comparisons are made, and each proves a part of the way:

1. What the source says of the rows of the span, in the snapshot of the read, with the batches that were
   read: nothing was lost, doubled or changed between the source's own reading of its rows and Arrow.
2. What the source says (or, where it can say nothing, the batches) with the files as they are read back
   from the lake and the rows that were left out: nothing was on the way into the lake.

The rows left out are known from the batches only; that they were landed before just so is what their
digests say (see `shared.landing.overlap`). A sum does not tell which row a value belongs to: a text of
the same length, or values that two rows have exchanged, only hashes find. Those are compared in the
second comparison alone, which is enough, as they cost most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from shared.landing.lake import Lake
from shared.landing.reading_back import count_back, read_back
from shared.landing.tally import Tally
from shared.loading.errors import ReceiptBroken
from shared.loading.proof import Proof, combine, find_difference
from shared.loading.receipt import LandedFile, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A slice whose files lie in staging, and whose receipt is not proven yet.

    `schema` is the source's own columns. `said` is what the source says it gave, None if it can say
    nothing; `counted` the batches that were read, and `left_out` those of their rows that were not
    landed again.
    """

    receipt: Receipt
    schema: pa.Schema
    said: Proof | None
    counted: Proof
    left_out: Proof


def prove(lake: Lake, written: Written) -> Receipt:
    """Read the files back, compare, and give the receipt with its proof.

    Raises:
        ReceiptBroken: names the column and both numbers.
    """
    said = written.said or written.counted
    number = written.receipt.slice
    # Without the hashes, which are not counted of the batches.
    if difference := find_difference(replace(said, hashes=None), written.counted):
        raise ReceiptBroken(
            f"slice {number}, what the source gave against what was read: {difference}"
        )
    landed = written.left_out
    for file in written.receipt.files:
        landed = combine(landed, _count(lake, file, said, written.schema))
    if difference := find_difference(said, landed):
        raise ReceiptBroken(
            f"slice {number}, what was read against what lies in the lake: {difference}"
        )
    return replace(written.receipt, proof=said)


def _count(lake: Lake, file: LandedFile, said: Proof, schema: pa.Schema) -> Proof:
    if not said.columns:
        return Proof(level=said.level, rows=count_back(lake, file))
    tally = Tally(said.measures, hashed=said.hashes is not None)
    for batch in read_back(lake, file, schema):
        tally.add(batch)
    return tally.proof(said.level)
