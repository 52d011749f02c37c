"""Literals whose meaning is one in Spark and in DuckDB: texts, patterns, dates and times."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from shared.adapters.duckdb.terms import RuleUnclear, Term

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?",
)
_WHOLE = re.compile(r"\d+")
_GREATEST = 2**63 - 1
_FRACTION = re.compile(r"(\d{0,18})\.(\d{0,15})")
_FLOATING = re.compile(r"(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}")
# What Java's, Rust's and Google's regular expressions read alike: no classes by name, no flags, no
# looking around. In sets `[`, `&&`, `--` and `~~` mean something to one of them only.
_PATTERN = re.compile(
    r"""(?:
        [^\\\[\](){}*+?]                           # a character, or one of . | ^ $
      | \\[\\.\[\](){}*+?|^$/-]                    # one that is meant as such
      | \[\^?(?:\\[\\\[\].^-]|-(?!-)|[^\\\[\]&~-])+\]
      | \((?!\?) | \)
      | (?<=.)(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??
    )*""",
    re.VERBOSE | re.DOTALL,
)
_LIKE = re.compile(r"(?:[^\\]|\\[\\%_])*", re.DOTALL)


def text(value: str) -> Term:
    """Give a text as a literal."""
    if "\0" in value:
        raise RuleUnclear("a text with the character 0 is not understood")
    return Term(sql="'" + value.replace("'", "''") + "'", kind="string", literal=value)


def number(value: str) -> Term:
    """Give a number without a sign: whole, decimal, or with an exponent a double."""
    if _WHOLE.fullmatch(value) and int(value) <= _GREATEST:
        digits = value.lstrip("0") or "0"
        return Term(sql=f"CAST({digits} AS BIGINT)", kind="int", literal=digits)
    if match := _FRACTION.fullmatch(value):
        scale = len(match[2])
        precision = max(len(match[1].lstrip("0")) + scale, 1)
        sql = f"CAST('{value}' AS DECIMAL({precision},{scale}))"
        return Term(sql=sql, kind="decimal", digits=(precision, scale), literal=value)
    if _FLOATING.fullmatch(value):
        return Term(sql=f"CAST('{value}' AS DOUBLE)", kind="double", literal=value)
    raise RuleUnclear(f"the number {value} is not understood")


def day(value: str) -> Term:
    """Give a date, `2026-01-31`."""
    try:
        if _DAY.fullmatch(value):
            return day_of(date.fromisoformat(value))
    except ValueError:
        pass
    raise RuleUnclear(f"'{value}' is no date; write it as '2026-01-31'")


def moment(value: str) -> Term:
    """Give a time, `2026-01-31 12:00:00`, in UTC unless it names its offset; a day is its midnight."""
    try:
        if _DAY.fullmatch(value):
            return moment_of(datetime.fromisoformat(value))
        if _MOMENT.fullmatch(value):
            return moment_of(datetime.fromisoformat(value))
    except ValueError:
        pass
    raise RuleUnclear(f"'{value}' is no time; write it as '2026-01-31 12:00:00'")


def day_of(value: date) -> Term:
    """Give a date as a literal."""
    return Term(sql=f"DATE '{value.isoformat()}'", kind="date")


def moment_of(value: datetime) -> Term:
    """Give a time as a literal: without a zone, in UTC."""
    utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return Term(sql=f"TIMESTAMP '{utc.isoformat(sep=' ')}'", kind="timestamp")


def pattern(value: str) -> str:
    """Give the pattern of RLIKE as a literal. Raises RuleUnclear."""
    if _PATTERN.fullmatch(value):
        try:
            re.compile(value)
        except re.error:
            pass
        else:
            return text(value).sql
    raise RuleUnclear(
        f"the pattern '{value}' is not one that all engines read alike: write sets such as [0-9] for "
        "\\d, and no flags or looking around"
    )


def like(value: str) -> str:
    """Give the pattern of LIKE as a literal with its escape. Raises RuleUnclear."""
    if not _LIKE.fullmatch(value):
        raise RuleUnclear(f"in the pattern '{value}' a backslash stands before neither %, _ nor \\")
    return text(value).sql + " ESCAPE '\\'"
