"""Parts of a condition in DuckDB's SQL with their kind, and what two kinds have to do with each other.

Engines differ most where they convert one type into another unasked. Here nothing is converted but
numbers into wider numbers, and literals that have one meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyarrow as pa

Kind: TypeAlias = Literal[
    "int",
    "decimal",
    "double",
    "string",
    "timestamp",
    "date",
    "boolean",
    "null",
    "opaque",
    "unknown",
]

# As Spark has it: so many digits a decimal may have, and so many a bigint takes among decimals.
WIDEST = 38
_BIGINT_DIGITS = 20


class RuleUnclear(Exception):
    """The condition is not in the part of Spark's SQL that both engines take alike; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A part of a condition. `digits` are precision and scale of a decimal; `literal` is its text as written."""

    sql: str
    kind: Kind
    digits: tuple[int, int] = (0, 0)
    literal: str | None = None


_KINDS: Mapping[Kind, Callable[[pa.DataType], bool]] = {
    "int": pa.types.is_integer,
    "double": pa.types.is_floating,
    "string": lambda lands: lands in (pa.string(), pa.large_string(), pa.null()),
    "timestamp": lambda lands: pa.types.is_timestamp(lands) and lands.unit == "us",
    "date": pa.types.is_date32,
    "boolean": pa.types.is_boolean,
}
# The columns are not known while a table file is only read.
UNKNOWN = Term(sql="NULL", kind="unknown")


def kind_of(lands: pa.DataType) -> Term:
    """Give the kind in which silver keeps what lands so; `opaque` can only be asked for NULL."""
    if pa.types.is_decimal(lands) and lands.precision <= WIDEST:
        return Term(sql="", kind="decimal", digits=(lands.precision, lands.scale))
    found: list[Kind] = [kind for kind, is_it in _KINDS.items() if is_it(lands)]
    return Term(sql="", kind=found[0] if found else "opaque")


def alike(first: Term, second: Term) -> tuple[Term, Term]:
    """Bring two terms to one kind, for a comparison or a choice between them.

    Raises:
        RuleUnclear: they have none without a conversion that engines do differently.
    """
    kinds = {first.kind, second.kind}
    if "opaque" in kinds:
        raise RuleUnclear("binary columns and times of day can only be asked for NULL")
    if "unknown" in kinds or "null" in kinds:
        return first, second
    if first.kind == second.kind != "decimal":
        return first, second
    if kinds == {"int", "double"} or _is_literal_beside_double(first, second):
        return as_double(first), as_double(second)
    if kinds <= {"int", "decimal"}:
        one, other = as_decimal(first), as_decimal(second)
        _fits(_joined(one.digits, other.digits))
        return one, other
    raise RuleUnclear(f"{first.kind} and {second.kind} do not compare; convert one of them by CAST")


def _is_literal_beside_double(first: Term, second: Term) -> bool:
    # Spark compares as doubles. Sail takes the double for a decimal of 15 places, which is the same
    # beside a literal of so few places; beside a column it may not be.
    return any(
        one.kind == "double" and other.kind == "decimal" and other.literal is not None
        for one, other in ((first, second), (second, first))
    )


def as_double(term: Term) -> Term:
    """Give a number as a double."""
    return Term(sql=f"CAST({term.sql} AS DOUBLE)", kind="double")


def as_timestamp(term: Term) -> Term:
    """Give a date as its midnight in UTC."""
    return Term(sql=f"CAST({term.sql} AS TIMESTAMP)", kind="timestamp")


def as_decimal(term: Term) -> Term:
    """Give a whole number as a decimal of as many digits as Spark takes for it."""
    if term.kind == "decimal":
        return term
    count = len(term.literal.lstrip("-")) if term.literal else _BIGINT_DIGITS
    return Term(sql=f"CAST({term.sql} AS DECIMAL({count},0))", kind="decimal", digits=(count, 0))


def combined(operator: str, first: Term, second: Term) -> Term:
    """Add, subtract or multiply two numbers.

    Raises:
        RuleUnclear: they are no numbers, or a decimal result would lose digits.
    """
    for term in (first, second):
        if term.kind not in ("int", "decimal", "double", "unknown"):
            raise RuleUnclear(f"{operator} takes numbers, not {term.kind}")
    one, other = alike(first, second)
    sql = f"({one.sql} {operator} {other.sql})"
    if one.kind != "decimal" or other.kind != "decimal":
        return Term(sql=sql, kind="unknown" if second.kind == "unknown" else one.kind)
    (p1, s1), (p2, s2) = one.digits, other.digits
    if operator == "*":
        digits = (p1 + p2 + 1, s1 + s2)
    else:
        precision, scale = _joined(one.digits, other.digits)
        digits = (precision + 1, scale)
    _fits(digits)
    return Term(sql=sql, kind="decimal", digits=digits)


def _joined(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    scale = max(one[1], other[1])
    return max(one[0] - one[1], other[0] - other[1]) + scale, scale


def _fits(digits: tuple[int, int]) -> None:
    if digits[0] > WIDEST:
        raise RuleUnclear(f"decimals of {digits[0]} digits are needed, there are {WIDEST}")
