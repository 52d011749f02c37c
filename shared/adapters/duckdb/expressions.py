"""What conditions are about, beside columns: numbers, texts, times, and choices between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from sqlglot import exp
from sqlglot.expressions.core import Expr as Expression

from shared.adapters.duckdb import literals, terms
from shared.adapters.duckdb.terms import RuleUnclear, Term, combined
from shared.adapters.duckdb.writing import Piece, Pieces, Writer, boolean, compared, shown

_UNITS = {"DAY", "DAYS", "HOUR", "HOURS", "MINUTE", "MINUTES", "SECOND", "SECONDS"}
_INT, _NUMBERS = ("int",), ("int", "decimal", "double")


def _of(writer: Writer, node: Expression, kinds: tuple[str, ...]) -> Term:
    term = writer.write(node.this)
    if term.kind not in (*kinds, "null", "unknown"):
        raise RuleUnclear(f"{shown(node)} takes {' or '.join(kinds)}, not {term.kind}")
    return term


def _arithmetic(operator: str) -> Piece:
    def write(writer: Writer, node: Expression) -> Term:
        if isinstance(node.expression, exp.Interval):
            return _shifted(operator, writer.write(node.this), node.expression)
        one, other = writer.write(node.this), writer.write(node.expression)
        made = combined(operator, one, other)
        if made.kind == "double" and not _keeps_nan(operator, one, other):
            raise RuleUnclear(
                f"{shown(node)}: beside a double write a number above 0, on the right"
            )
        return made

    return write


def _shifted(operator: str, own: Term, interval: exp.Interval) -> Term:
    """Move a time by a whole number of units; a date by days only, as it becomes a time otherwise."""
    unit = str(interval.args.get("unit") or "").upper()
    count = interval.this
    whole = isinstance(count, exp.Literal) and str(count.this).isdecimal()
    fits = own.kind in ("timestamp", "unknown") or (own.kind == "date" and unit.startswith("DAY"))
    if not whole or unit not in _UNITS or not fits:
        raise RuleUnclear(f"{shown(interval)} is not understood beside {own.kind}")
    sql = f"({own.sql} {operator} INTERVAL '{count.this}' {unit})"
    return Term(sql=f"CAST({sql} AS DATE)" if own.kind == "date" else sql, kind=own.kind)


def _keeps_nan(operator: str, one: Term, other: Term) -> bool:
    """Say whether no NaN comes of it but one that was there, with the sign that it had.

    Two infinities may come to a NaN below every number, as engines take its sign for one.
    """
    return _is_positive(other) or (operator != "-" and _is_positive(one))


def _is_positive(term: Term) -> bool:
    """Say whether it is a literal above 0."""
    return term.literal is not None and float(term.literal) > 0


def _divide(writer: Writer, node: Expression) -> Term:
    own, by = writer.write(node.this), writer.write(node.expression)
    if own.kind not in ("int", "double", "unknown"):
        raise RuleUnclear(f"{shown(node)}: write CAST(... AS DOUBLE) before dividing {own.kind}")
    if by.kind not in ("int", "double") or not _is_positive(by):
        raise RuleUnclear(f"{shown(node)} divides by what may be 0; divide by a number above 0")
    return Term(sql=f"(CAST({own.sql} AS DOUBLE) / CAST({by.sql} AS DOUBLE))", kind="double")


def _remainder(writer: Writer, node: Expression) -> Term:
    own, by = _of(writer, node, _INT), writer.write(node.expression)
    if by.kind != "int" or not _is_positive(by):
        raise RuleUnclear(f"{shown(node)} takes whole numbers, and a literal on the right")
    return Term(sql=f"({own.sql} % {by.sql})", kind="int")


def _negative(writer: Writer, node: Expression) -> Term:
    term = _of(writer, node, _NUMBERS)
    if term.kind == "double" and term.literal is None:
        # To Sail the negative of NaN is less than every number.
        raise RuleUnclear(f"{shown(node)}: compare with a negative number instead")
    literal = None if term.literal is None else f"-{term.literal}"
    return Term(sql=f"(-{term.sql})", kind=term.kind, digits=term.digits, literal=literal)


def _absolute(writer: Writer, node: Expression) -> Term:
    term = _of(writer, node, _NUMBERS)
    return Term(sql=f"abs({term.sql})", kind=term.kind, digits=term.digits)


def _length(writer: Writer, node: Expression) -> Term:
    return Term(sql=f"length({writer.of(node, 'string').sql})", kind="int")


def _trim(writer: Writer, node: Expression) -> Term:
    side = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position")), "trim")
    return Term(sql=f"{side}({writer.of(node, 'string').sql}, ' ')", kind="string")


def _substring(writer: Writer, node: Expression) -> Term:
    places = [node.args.get("start"), node.args.get("length")]
    given = [each for each in places if each is not None]
    if not all(isinstance(e, exp.Literal) and str(e.this).isdecimal() for e in given):
        raise RuleUnclear(f"{shown(node)}: write its places as whole numbers")
    if str(node.args["start"].this).strip("0") == "":
        raise RuleUnclear(f"{shown(node)}: places begin with 1")
    where = ", ".join(str(each.this) for each in given)
    return Term(sql=f"substring({writer.of(node, 'string').sql}, {where})", kind="string")


def _joined(writer: Writer, node: Expression) -> Term:
    parts = node.expressions or [node.this, node.expression]
    texts = [writer.write(part) for part in parts]
    if any(each.kind not in ("string", "null", "unknown") for each in texts):
        raise RuleUnclear(f"{shown(node)} takes texts")
    return Term(sql="(" + " || ".join(each.sql for each in texts) + ")", kind="string")


def _asks(function: str) -> Piece:
    def write(writer: Writer, node: Expression) -> Term:
        one, other = writer.of(node, "string"), writer.of(node, "string", "expression")
        return boolean(f"{function}({one.sql}, {other.sql})")

    return write


def _part(name: str) -> Piece:
    def write(writer: Writer, node: Expression) -> Term:
        return Term(sql=f"{name}({_of(writer, node, ('date', 'timestamp')).sql})", kind="int")

    return write


def _chosen(one: Term, other: Term) -> Term:
    """Give a term that has the kind of both; its text is of no use."""
    first, second = compared(one, other)
    kind = second if first.kind in ("null", "unknown") else first
    if kind.kind == "decimal" and first.digits != second.digits:
        raise RuleUnclear("a choice between decimals of different digits; convert them by CAST")
    return Term(sql="", kind=kind.kind, digits=kind.digits)


def _choice(terms_: list[Term]) -> Term:
    """Make sure that all have one kind as they are: a choice converts nothing."""
    kinds = {each.kind for each in terms_} - {"null", "unknown"}
    if len(kinds) > 1 or "opaque" in kinds:
        raise RuleUnclear(f"a choice between {' and '.join(sorted(kinds))}; convert them by CAST")
    return reduce(_chosen, terms_)


def _coalesce(writer: Writer, node: Expression) -> Term:
    parts = [writer.write(each) for each in (node.this, *node.expressions)]
    made = _choice(parts)
    return Term(
        sql=f"coalesce({', '.join(each.sql for each in parts)})", kind=made.kind, digits=made.digits
    )


def _null_if(writer: Writer, node: Expression) -> Term:
    own = writer.write(node.this)
    one, other = compared(own, writer.write(node.expression))
    sql = f"CASE WHEN {one.sql} = {other.sql} THEN NULL ELSE {own.sql} END"
    return Term(sql=sql, kind=own.kind, digits=own.digits)


def _case(writer: Writer, node: Expression) -> Term:
    own = writer.write(node.this) if node.args.get("this") else None
    given: list[Term] = []
    sql = "CASE"
    for branch in node.args["ifs"]:
        if own is None:
            when = writer.of(branch, "boolean").sql
        else:
            one, other = compared(own, writer.write(branch.this))
            when = f"{one.sql} = {other.sql}"
        given.append(writer.write(branch.args["true"]))
        sql += f" WHEN {when} THEN {given[-1].sql}"
    if default := node.args.get("default"):
        given.append(writer.write(default))
        sql += f" ELSE {given[-1].sql}"
    made = _choice(given)
    return Term(sql=f"{sql} END", kind=made.kind, digits=made.digits)


def _if(writer: Writer, node: Expression) -> Term:
    branch = exp.If(this=node.this, true=node.args["true"])
    return _case(writer, exp.Case(ifs=[branch], default=node.args.get("false")))


def _cast(writer: Writer, node: Expression) -> Term:
    wanted, own = node.args["to"].this.name, writer.write(node.this)
    if own.literal is not None and own.kind == "string" and wanted in _LITERALS:
        return _LITERALS[wanted](own.literal)
    kinds, convert = _CASTS.get(wanted, ((), terms.as_double))
    if own.kind in (*kinds, "unknown") and kinds:
        return convert(own)
    raise RuleUnclear(f"{shown(node)} is not understood: engines convert {own.kind} differently")


def _as_date(term: Term) -> Term:
    return Term(sql=f"CAST({term.sql} AS DATE)", kind="date")


def _as_text(term: Term) -> Term:
    return Term(sql=f"CAST({term.sql} AS VARCHAR)", kind="string")


def _as_int(term: Term) -> Term:
    return Term(sql=term.sql, kind="int", literal=term.literal)


_LITERALS = {"DATE": literals.day, "TIMESTAMPTZ": literals.moment}
_CASTS: Mapping[str, tuple[tuple[str, ...], Callable[[Term], Term]]] = {
    "DOUBLE": (_NUMBERS, terms.as_double),
    "DATE": (("date", "timestamp"), _as_date),
    "TIMESTAMPTZ": (("date", "timestamp"), terms.as_timestamp),
    "BIGINT": (_INT, _as_int),
    "TEXT": (("int", "string"), _as_text),
}


def _now(writer: Writer, _node: Expression) -> Term:
    return literals.moment_of(writer.columns.now)


def _today(writer: Writer, _node: Expression) -> Term:
    return literals.day_of(writer.columns.now.date())


def _as_day(writer: Writer, node: Expression) -> Term:
    return _of(writer, node, ("date", "timestamp"))


_NONE: frozenset[str] = frozenset()
_ONE, _TWO = frozenset({"this"}), frozenset({"this", "expression"})
PIECES: Pieces = {
    exp.Add: (_arithmetic("+"), _TWO),
    exp.Sub: (_arithmetic("-"), _TWO),
    exp.Mul: (_arithmetic("*"), _TWO),
    exp.Div: (_divide, _TWO | {"safe", "typed"}),
    exp.Mod: (_remainder, _TWO),
    exp.Neg: (_negative, _ONE),
    exp.Abs: (_absolute, _ONE),
    exp.Length: (_length, _ONE),
    exp.Trim: (_trim, _ONE | {"position"}),
    exp.Substring: (_substring, frozenset({"this", "start", "length"})),
    exp.Concat: (_joined, frozenset({"expressions", "safe"})),
    exp.DPipe: (_joined, _TWO | {"safe"}),
    exp.Contains: (_asks("contains"), _TWO),
    exp.StartsWith: (_asks("starts_with"), _TWO),
    exp.EndsWith: (_asks("suffix"), _TWO),
    exp.Year: (_part("year"), _ONE),
    exp.Month: (_part("month"), _ONE),
    exp.Day: (_part("day"), _ONE),
    exp.TsOrDsToDate: (_as_day, _ONE),
    exp.Coalesce: (_coalesce, frozenset({"this", "expressions"})),
    exp.Nullif: (_null_if, _TWO),
    exp.Case: (_case, frozenset({"this", "ifs", "default"})),
    exp.If: (_if, frozenset({"this", "true", "false"})),
    exp.Cast: (_cast, frozenset({"this", "to"})),
    exp.TryCast: (_cast, frozenset({"this", "to"})),
    exp.CurrentTimestamp: (_now, _NONE),
    exp.CurrentDate: (_today, _NONE),
}
