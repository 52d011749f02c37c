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


def find_difference(said: Proof, counted: Proof) -> str | None:
    """Say in which column two proofs of the same rows differ, with both numbers; None if in nothing.

    `counted` has what `said` asks for.
    """
    if said.rows != counted.rows:
        return f"{said.rows} rows against {counted.rows}"
    found = {each.column: each for each in counted.columns}
    for column in said.columns:
        other = found.get(column.column)
        if other is None:
            return f"column {column.column} is missing"
        if column.values != other.values:
            return (
                f"column {column.column}: {column.values} values that are not NULL "
                f"against {other.values}"
            )
        if column != other:
            what = "values" if column.measure == "numbers" else "lengths in bytes"
            return f"column {column.column}: {what} add up to {column.sum} against {other.sum}"
    if said.hashes is not None and said.hashes != counted.hashes:
        return f"hashes of the rows add up to {said.hashes} against {counted.hashes}"
    return None


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
