"""Conditions in Spark's SQL brought into DuckDB's: the part that both take alike, and nothing else.

sqlglot reads the text; what it read is written anew by the pieces that are listed. A test compares
silver's engine with this one, rule by rule and value by value.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlglot
from sqlglot.errors import SqlglotError

from shared.adapters.duckdb import comparisons, expressions
from shared.adapters.duckdb.terms import RuleUnclear
from shared.adapters.duckdb.writing import Columns, Pieces, Writer

_PIECES: Pieces = {**comparisons.PIECES, **expressions.PIECES}


def translate(rule: str, columns: Columns) -> str:
    """Give the condition in DuckDB's SQL, and note in `columns` which of them it needs.

    Raises:
        RuleUnclear: it is no condition, or not one that both engines take alike.
    """
    try:
        read = sqlglot.parse(rule, dialect="spark")
    except SqlglotError as error:
        raise RuleUnclear(_first_line(error)) from error
    except RecursionError as error:
        raise RuleUnclear("it is too deep") from error
    if len(read) != 1 or read[0] is None:
        raise RuleUnclear("it is not one condition")
    if any(each.comments for each in read[0].walk()):
        # Silver puts the text in parentheses, of which a comment would swallow one.
        raise RuleUnclear("it holds a comment; write it beside the rule")
    term = Writer(columns=columns, pieces=_PIECES).write(read[0])
    if term.kind not in ("boolean", "null", "unknown"):
        raise RuleUnclear(f"it is no condition but gives {term.kind}")
    return term.sql


def find_fault(rule: str) -> str | None:
    """Say what is wrong with a condition whatever the columns are; None if nothing is."""
    try:
        translate(rule, Columns(schema=None, now=datetime.now(UTC)))
    except RuleUnclear as unclear:
        return str(unclear)
    return None


def _first_line(error: SqlglotError) -> str:
    # The rest shows the text with terminal colours.
    return str(error).split("\n", 1)[0].strip()
