"""Conditions of SQL that bound what an engine has to look into, from values that were found in rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.kinds import quoted


def among(column: str, values: Sequence[int | date | None]) -> str:
    """Give the condition that a column, as SQL names it, has one of these values, NULL included."""
    said = sorted(_literal(value) for value in values if value is not None)
    either = [f"{column} IN ({', '.join(said)})"] if said else []
    if len(said) < len(values):
        either.append(f"{column} IS NULL")
    return f"({' OR '.join(either)})"


def span(rows: DataFrame, name: str) -> str:
    """Give the condition that a column lies between its least and greatest value in rows.

    Empty where there is none: there is no row, or the values are neither whole numbers nor days.
    """
    column = F.col(quoted(name))
    found = rows.agg(F.min(column).alias("least"), F.max(column).alias("most")).collect()[0]
    # Exactly these: a time is a kind of day to Python, and what is true a number.
    if type(found["least"]) not in (int, date):
        return ""
    between = f"BETWEEN {_literal(found['least'])} AND {_literal(found['most'])}"
    # Never NULL itself: Sail takes away rows of whose condition nothing is known.
    return f"{quoted(name)} IS NOT NULL AND {quoted(name)} {between}"


def _literal(value: int | date) -> str:
    return str(value) if isinstance(value, int) else f"DATE '{value.isoformat()}'"
