"""What a source is asked to add up, as SQL, and what it answers: the source's side of a proof.

A table may have more columns than a query may give, so that they are asked for in groups; the caller
asks all of them in the snapshot that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.extraction.source import Proving
from shared.loading.proof import ColumnProof, Measure, Proof, ProofLevel

COLUMNS_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """How one column is added up.

    `values` is SQL for the number of its values that are not NULL. The sum is made of `terms`, each a
    factor and SQL for a whole number of any size; NULL is none.
    """

    column: str
    measure: Measure
    values: str
    terms: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What is asked of the rows of a span. `rows` and `hashes` are SQL, the latter if wanted."""

    level: ProofLevel
    rows: str
    columns: tuple[Addition, ...] = ()
    hashes: str | None = None

    def proving(self, ask: Callable[[], Proof]) -> Proving:
        """Let a source answer in its own way."""
        return Proving(
            measures={each.column: each.measure for each in self.columns},
            hashed=self.hashes is not None,
            ask=ask,
        )

    def ask(self, query: Callable[[str], Mapping[str, Any]]) -> Proof:
        """Ask by a function that selects SQL expressions from the rows, and gives the one answer."""
        groups = [
            self.columns[at : at + COLUMNS_AT_ONCE]
            for at in range(0, len(self.columns), COLUMNS_AT_ONCE)
        ]
        first = {"n": self.rows} | ({"h": self.hashes} if self.hashes else {})
        answers = dict(query(_select(first | _expressions(groups[0] if groups else ()))))
        columns = list(_read(groups[0], answers)) if groups else []
        for group in groups[1:]:
            columns += _read(group, query(_select(_expressions(group))))
        return Proof(
            level=self.level,
            rows=int(answers["n"]),
            columns=tuple(columns),
            hashes=str(int(answers["h"] or 0)) if self.hashes else None,
        )


def _expressions(group: Sequence[Addition]) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for place, column in enumerate(group):
        wanted[f"v{place}"] = column.values
        wanted |= {f"s{place}_{n}": sql for n, (_, sql) in enumerate(column.terms)}
    return wanted


def _select(wanted: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in wanted.items())


def _read(group: Sequence[Addition], answers: Mapping[str, Any]) -> list[ColumnProof]:
    return [
        ColumnProof(
            column=column.column,
            values=int(answers[f"v{place}"]),
            measure=column.measure,
            sum=_add([(f, answers[f"s{place}_{n}"]) for n, (f, _) in enumerate(column.terms)]),
        )
        for place, column in enumerate(group)
    ]


def _add(terms: Sequence[tuple[int, Any]]) -> str:
    return str(sum(factor * int(value or 0) for factor, value in terms))
