"""Writes a condition anew, piece by piece; what is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa
from sqlglot import exp
from sqlglot.expressions.core import Expr as Expression

from shared.adapters.duckdb import literals, terms
from shared.adapters.duckdb.terms import RuleUnclear, Term, alike, kind_of

_DEEPEST = 100
_PREDICATES = (exp.Between, exp.In, exp.Is, exp.Like, exp.Not, exp.RegexpLike)


@dataclass(slots=True, kw_only=True)
class Columns:
    """The columns that a condition may name, by name in lower case, and those that it did name.

    Spark takes `Id` and `id` for one, and silver keeps no two columns of one such name. `schema` None
    stands for columns that are not known yet. `now` is what the current time comes to.
    """

    schema: pa.Schema | None
    now: datetime
    used: dict[str, str] = field(default_factory=dict[str, str])

    def find(self, name: str) -> Term:
        """Give a column as it will be called in DuckDB. Raises RuleUnclear."""
        if self.schema is None:
            return terms.UNKNOWN
        found = [each for each in self.schema if each.name.lower() == name.lower()]
        if len(found) != 1:
            what = "no column" if not found else "more than one column"
            raise RuleUnclear(f"there is {what} of the name {name}")
        kind = kind_of(found[0].type)
        called = self.used.setdefault(found[0].name, f"c{len(self.used)}")
        return Term(sql=called, kind=kind.kind, digits=kind.digits)


@dataclass(slots=True, kw_only=True)
class Writer:
    """Writes pieces by their types. A piece is listed with those of its parts that are understood."""

    columns: Columns
    pieces: Pieces
    depth: int = 0

    def write(self, node: Expression) -> Term:
        """Write one piece. Raises RuleUnclear."""
        known = self.pieces.get(type(node))
        if known is None:
            raise RuleUnclear(f"{node.key.upper()} in {shown(node)} is not understood")
        write, allowed = known
        for name, value in node.args.items():
            if value not in (None, False, []) and name not in allowed:
                raise RuleUnclear(f"{shown(node)} is not understood: {name}")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RuleUnclear("it is too deep")
        term = write(self, node)
        self.depth -= 1
        return term

    def of(self, node: Expression, kind: str, name: str = "this") -> Term:
        """Write a part that has to be of a kind."""
        term = self.write(node.args[name])
        if term.kind not in (kind, "null", "unknown"):
            raise RuleUnclear(f"{shown(node)} takes {kind}, not {term.kind}")
        return term

    def pair(self, node: Expression) -> tuple[Term, Term]:
        """Write both sides of a comparison, a text beside a time as that time."""
        # To Spark a condition of this kind is no side of a comparison, unless it stands in parentheses.
        for side in (node.this, node.expression):
            if isinstance(side, _PREDICATES):
                raise RuleUnclear(f"{shown(node)}: put {shown(side)} in parentheses")
        return compared(self.write(node.this), self.write(node.expression))


def compared(first: Term, second: Term) -> tuple[Term, Term]:
    """Bring two sides together; a literal text is read as the date or time that it is compared with."""
    for one, other in ((first, second), (second, first)):
        if one.kind == "string" and one.literal is not None and other.kind in ("date", "timestamp"):
            read = literals.day if other.kind == "date" else literals.moment
            return (read(one.literal), other) if one is first else (other, read(one.literal))
    return alike(first, second)


def boolean(sql: str) -> Term:
    """Give a condition as a term."""
    return Term(sql=f"({sql})", kind="boolean")


def shown(node: Expression) -> str:
    """Give a piece as it was written, near enough."""
    return node.sql(dialect="spark")


Piece: TypeAlias = Callable[[Writer, Expression], Term]
Pieces: TypeAlias = Mapping[type[Expression], tuple[Piece, frozenset[str]]]
