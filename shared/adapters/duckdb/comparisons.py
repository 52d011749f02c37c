"""What a condition is made of: comparisons, patterns, and what joins them."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.expressions.core import Expr as Expression

from shared.adapters.duckdb import literals
from shared.adapters.duckdb.terms import RuleUnclear, Term
from shared.adapters.duckdb.writing import Piece, Pieces, Writer, boolean, compared, shown


def _column(writer: Writer, node: Expression) -> Term:
    identifier = node.this
    if not isinstance(identifier, exp.Identifier):
        raise RuleUnclear(f"{shown(node)} is no column")
    return writer.columns.find(identifier.name)


def _literal(_writer: Writer, node: Expression) -> Term:
    value = str(node.this)
    return literals.text(value) if node.args.get("is_string", True) else literals.number(value)


def _comparison(operator: str) -> Piece:
    def write(writer: Writer, node: Expression) -> Term:
        one, other = writer.pair(node)
        return boolean(f"{one.sql} {operator} {other.sql}")

    return write


def _connector(operator: str) -> Piece:
    def write(writer: Writer, node: Expression) -> Term:
        parts = [writer.of(node, "boolean", name).sql for name in ("this", "expression")]
        return boolean(f" {operator} ".join(parts))

    return write


def _not(writer: Writer, node: Expression) -> Term:
    return boolean(f"NOT {writer.of(node, 'boolean').sql}")


def _is(writer: Writer, node: Expression) -> Term:
    wanted = node.expression
    if isinstance(wanted, exp.Null):
        return boolean(f"{writer.write(node.this).sql} IS NULL")
    if isinstance(wanted, exp.Boolean):
        return boolean(f"{writer.of(node, 'boolean').sql} IS {wanted.sql()}")
    raise RuleUnclear(f"{shown(node)} is not understood")


def _in(writer: Writer, node: Expression) -> Term:
    # Each by itself, so that no list decides for all what they are converted into.
    own = writer.write(node.this)
    each = [compared(own, writer.write(other)) for other in node.expressions]
    if not each:
        raise RuleUnclear(f"{shown(node)} has no values")
    return boolean(" OR ".join(f"{one.sql} = {other.sql}" for one, other in each))


def _between(writer: Writer, node: Expression) -> Term:
    own = writer.write(node.this)
    low = compared(own, writer.write(node.args["low"]))
    high = compared(own, writer.write(node.args["high"]))
    return boolean(f"{low[0].sql} >= {low[1].sql} AND {high[0].sql} <= {high[1].sql}")


def _like(writer: Writer, node: Expression) -> Term:
    own, pattern = writer.of(node, "string"), _pattern_of(node)
    negated = "NOT " if node.args.get("negate") else ""
    return boolean(f"{own.sql} {negated}LIKE {literals.like(pattern)}")


def _rlike(writer: Writer, node: Expression) -> Term:
    own = writer.of(node, "string")
    return boolean(f"regexp_matches({own.sql}, {literals.pattern(_pattern_of(node))})")


def _pattern_of(node: Expression) -> str:
    pattern = node.expression
    if isinstance(pattern, exp.RawString) or (
        isinstance(pattern, exp.Literal) and pattern.is_string
    ):
        return str(pattern.this)
    raise RuleUnclear(f"the pattern in {shown(node)} is no literal text")


def _null(_writer: Writer, _node: Expression) -> Term:
    return Term(sql="NULL", kind="null")


def _truth(_writer: Writer, node: Expression) -> Term:
    return boolean("TRUE" if node.this else "FALSE")


def _paren(writer: Writer, node: Expression) -> Term:
    return writer.write(node.this)


_ONE, _TWO = frozenset({"this"}), frozenset({"this", "expression"})
_COMPARE: dict[type[Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
PIECES: Pieces = {
    **{kind: (_comparison(operator), _TWO) for kind, operator in _COMPARE.items()},
    exp.And: (_connector("AND"), _TWO),
    exp.Or: (_connector("OR"), _TWO),
    exp.Not: (_not, _ONE),
    exp.Is: (_is, _TWO),
    exp.In: (_in, frozenset({"this", "expressions"})),
    exp.Between: (_between, frozenset({"this", "low", "high"})),
    exp.Like: (_like, _TWO | {"negate"}),
    exp.RegexpLike: (_rlike, _TWO),
    exp.Column: (_column, _ONE),
    exp.Literal: (_literal, frozenset({"this", "is_string"})),
    exp.RawString: (_literal, _ONE),
    exp.Boolean: (_truth, _ONE),
    exp.Null: (_null, frozenset()),
    exp.Paren: (_paren, _ONE),
}
