"""The few types of silver: what bronze's are kept as, and which fit into which.

Whole numbers are `bigint` and floating ones `double` whatever their width at the source, so that a
source may widen them unnoticed. A decimal grows by rewriting the table. Nothing else changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.errors import TypeRefused, TypesDiffer

_KEPT = {
    "tinyint": "bigint",
    "smallint": "bigint",
    "int": "bigint",
    "bigint": "bigint",
    "float": "double",
    "double": "double",
    "string": "string",
    "void": "string",
    "timestamp_ntz": "timestamp",
    "timestamp": "timestamp",
    "date": "date",
    "boolean": "boolean",
    "binary": "binary",
}
# By Arrow's names, for a run without a file: its manifest alone says what the columns are.
_KEPT_OF_ARROW = {
    "bool": "boolean",
    "float": "double",
    "halffloat": "double",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "null": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}
_ARROW_DECIMAL = re.compile(r"decimal128\((\d+), (\d+)\)")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_WIDEST = 38


def kept_as(name: str, kind: str) -> str:
    """Give the type in which silver keeps a column of bronze. A time of day is kept as its text.

    Raises:
        TypeRefused: silver has none for it.
    """
    if kind in _KEPT:
        return _KEPT[kind]
    if kind.startswith("time("):
        return "string"
    decimal = _DECIMAL.fullmatch(kind)
    if decimal and int(decimal[1]) <= _WIDEST:
        return kind
    raise TypeRefused(f"Column {name} lands as {kind}, which silver does not keep")


def kept_as_arrow(name: str, lands: str) -> str:
    """Give the type in which silver keeps a column that a manifest says lands so.

    Raises:
        TypeRefused: silver has none for it.
    """
    decimal = _ARROW_DECIMAL.fullmatch(lands)
    if decimal:
        return f"decimal({decimal[1]},{decimal[2]})"
    if lands.startswith("timestamp["):
        return "timestamp"
    if lands.startswith("time"):
        return "string"
    if re.fullmatch(r"int\d+", lands):
        return "bigint"
    if lands in _KEPT_OF_ARROW:
        return _KEPT_OF_ARROW[lands]
    raise TypeRefused(f"Column {name} lands as {lands}, which silver does not keep")


def joined(name: str, one: str, other: str) -> str:
    """Give the type that holds the values of both types of silver.

    Raises:
        TypesDiffer: there is none without changing values.
    """
    if one == other:
        return one
    first, second = _DECIMAL.fullmatch(one), _DECIMAL.fullmatch(other)
    if first and second and first[2] == second[2]:
        return max(one, other, key=lambda kind: int(kind[8:].split(",")[0]))
    raise TypesDiffer(f"Column {name} is {one} in silver and comes as {other}")


def hashed(columns: Mapping[str, str], deleted: Column) -> Column:
    """Give the hash of a row by its columns and their types of silver; `deleted` is part of it.

    A column that is NULL counts as little as one that is not there, so that adding a column changes
    no hash; each value goes with its name, as the hash itself skips what is NULL. The order of the
    columns does not count. Decimals are brought to one precision, as engines hash by it.
    """
    parts = [F.when(deleted, F.lit("_deleted"))]
    for name in sorted(columns):
        value = F.col(quoted(name))
        decimal = _DECIMAL.fullmatch(columns[name])
        parts.append(F.when(value.isNotNull(), F.lit(name)))
        parts.append(value.cast(f"decimal({_WIDEST},{decimal[2]})") if decimal else value)
    return F.xxhash64(*parts)


def projected(frame: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """Give all columns in one order, with their types; what the frame lacks is NULL."""
    there = set(frame.columns)
    return frame.select(
        [
            (F.col(quoted(name)) if name in there else F.lit(None)).cast(kind).alias(name)
            for name, kind in columns.items()
        ]
    )


def declared(columns: Mapping[str, str]) -> str:
    """Give columns with their types as Spark takes a schema."""
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())


def quoted(name: str) -> str:
    """Give a name as SQL takes it, whatever it is made of."""
    return "`" + name.replace("`", "``") + "`"
