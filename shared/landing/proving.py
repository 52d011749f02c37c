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

Of a masked column something else lands than the source gave. The first comparison is of its values in
the clear, hashes included; the second is of what the masked batches add up to. Only that is kept: a sum
of clear values over a slice of one row would be the value, and a hash of such a row lets it be tried out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa

from shared.extraction.source import Proving
from shared.landing.lake import Lake
from shared.landing.reading_back import count_back, read_back
from shared.landing.tally import Tally
from shared.loading.errors import ReceiptBroken
from shared.loading.proof import Proof, combine, find_difference, put_in_place
from shared.loading.receipt import LandedFile, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A slice whose files lie in staging, and whose receipt is not proven yet.

    `schema` is the source's own columns. `asks` is what the source can still say of what it gave, None
    if it can say nothing: as long as it is open. `counted` are the batches that were read, and
    `left_out` those of their rows that were not landed again. `masked` is what the masked columns of
    the batches add up to as they land, None if there are none.
    """

    receipt: Receipt
    schema: pa.Schema
    asks: Proving | None
    counted: Proof
    left_out: Proof
    masked: Proof | None = None


def prove(lake: Lake, written: Written) -> Receipt:
    """Read the files back while the source adds up, compare, and give the receipt with its proof.

    Raises:
        ReceiptBroken: names the column and both numbers.
    """
    number, masked = written.receipt.slice, written.masked
    with _said(written) as answer:
        landed = _add_up(lake, written)
        said = answer()
    # Without the hashes, which are not counted of the batches, unless something else lands.
    clear = replace(said, hashes=None) if masked is None else said
    hidden = None if masked is None else frozenset(masked.measures)
    if difference := find_difference(clear, written.counted, hidden=hidden):
        raise ReceiptBroken(
            f"slice {number}, what the source gave against what was read: {difference}"
        )
    if masked is not None:
        said = put_in_place(said, masked)
    if difference := find_difference(said, landed):
        raise ReceiptBroken(
            f"slice {number}, what was read against what lies in the lake: {difference}"
        )
    return replace(written.receipt, proof=said)


@contextmanager
def _said(written: Written) -> Generator[Callable[[], Proof]]:
    """Let the source add up in a thread; whatever happens here, nobody leaves while it is being asked."""
    if written.asks is None:
        yield lambda: written.counted
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="adding-up") as thread:
        yield thread.submit(written.asks.ask).result


def _add_up(lake: Lake, written: Written) -> Proof:
    """Add up what lies in the lake, and what was left out as it lies there already."""
    landed = written.left_out
    for file in written.receipt.files:
        landed = combine(landed, _count(lake, file, written))
    return landed


def _count(lake: Lake, file: LandedFile, written: Written) -> Proof:
    # Of these columns the rows that were left out were added up: of masked ones as they land.
    measures, hashed = written.left_out.measures, written.left_out.hashes is not None
    if not measures:
        return replace(written.left_out, rows=count_back(lake, file))
    tally = Tally(measures, hashed=hashed)
    for batch in read_back(lake, file, written.schema):
        tally.add(batch)
    return tally.proof(written.left_out.level)
