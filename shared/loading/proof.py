"""What rows add up to: as their source says it, and as it is counted here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

# From the least to the most. `copied`: the source could not say what it gave, so that only what was
# read is compared with what landed. The others are what the source was asked for and said.
ProofLevel: TypeAlias = Literal["copied", "rows", "values", "hashes"]
# What is added up of a column: the number that each value is (shared.landing.numbers), or the length
# of each in bytes, of a text in UTF-8 or in UTF-16.
Measure: TypeAlias = Literal["numbers", "bytes", "utf16_bytes"]

_LEVELS: tuple[ProofLevel, ...] = ("copied", "rows", "values", "hashes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProof:
    """One column: how many values are not NULL, and their sum, an integer of any size as text."""

    column: str
    values: int
    measure: Measure
    sum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What rows add up to. `columns` is empty at the level `rows`.

    `hashes` is the sum of parts of the rows' hashes (shared.landing.row_hash), None below that level.
    """

    level: ProofLevel
    rows: int
    columns: tuple[ColumnProof, ...] = ()
    hashes: str | None = None

    @property
    def measures(self) -> dict[str, Measure]:
        """What is added up of each column."""
        return {each.column: each.measure for each in self.columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """How much of a run is proven: at which level, for how many rows and columns."""

    level: ProofLevel
    rows: int
    columns: int


def combine(one: Proof, other: Proof) -> Proof:
    """Add up two proofs of different rows, of the same columns."""
    hashes = None
    if one.hashes is not None and other.hashes is not None:
        hashes = str(int(one.hashes) + int(other.hashes))
    pairs = zip(one.columns, other.columns, strict=True)
    return Proof(
        level=one.level,
        rows=one.rows + other.rows,
        columns=tuple(
            replace(a, values=a.values + b.values, sum=str(int(a.sum) + int(b.sum)))
            for a, b in pairs
        ),
        hashes=hashes,
    )


def put_in_place(said: Proof, masked: Proof) -> Proof:
    """Give what was said with the columns of another proof of the same rows in place of its own."""
    other = {each.column: each for each in masked.columns}
    columns = tuple(other.get(each.column, each) for each in said.columns)
    return replace(said, columns=columns, hashes=masked.hashes)


def find_difference(
    said: Proof, counted: Proof, *, hidden: frozenset[str] | None = None
) -> str | None:
    """Say in which column two proofs of the same rows differ, with both numbers; None if in nothing.

    `counted` has what `said` asks for. Of `hidden` columns, None if there are none, no sum is told.
    """
    if said.rows != counted.rows:
        return f"{said.rows} rows against {counted.rows}"
    found = {each.column: each for each in counted.columns}
    for column in said.columns:
        secret = hidden is not None and column.column in hidden
        if told := _differs(column, found.get(column.column), secret=secret):
            return f"column {column.column}{told}"
    if said.hashes is not None and said.hashes != counted.hashes:
        return f"hashes of the rows {_sums(said.hashes, counted.hashes, secret=hidden is not None)}"
    return None


def _differs(column: ColumnProof, other: ColumnProof | None, *, secret: bool) -> str | None:
    if other is None:
        return " is missing"
    if column.values != other.values:
        return f": {column.values} values that are not NULL against {other.values}"
    if column == other:
        return None
    what = "values" if column.measure == "numbers" else "lengths in bytes"
    return f": {what} {_sums(column.sum, other.sum, secret=secret)}"


def _sums(one: str, other: str | None, *, secret: bool) -> str:
    return "add up to something else" if secret else f"add up to {one} against {other}"


def summarize(proofs: Sequence[Proof | None]) -> Proven | None:
    """Sum up the proofs of a run's slices by the least of their levels; None if one has none."""
    known = [proof for proof in proofs if proof is not None]
    if len(known) < len(proofs) or not known:
        return None
    return Proven(
        level=_least(proof.level for proof in known),
        rows=sum(proof.rows for proof in known),
        columns=min(len(proof.columns) for proof in known),
    )


def _least(levels: Iterable[ProofLevel]) -> ProofLevel:
    return min(levels, key=_LEVELS.index)
