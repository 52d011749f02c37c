"""What the tables of silver are made of, and how they follow the source's columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.bronze import STAMP
from lakehouse.delta import Lake
from lakehouse.kinds import joined, quoted

# Behind the source's own columns. `_handover` is the number that last wrote the row.
META = {**STAMP, "_row_hash": "bigint", "_handover": "bigint"}
ASIDE = {"_reasons": "array<string>", "_released_in": "bigint"}
# The total order of the versions of one key.
ORDER = ("_run_no", "_read_at", "_row_hash")
# Rows of files say where they stand, by which they are ordered: a file that is found late is no newer
# for that. One file's versions are read one after another, each in a run of its own; the number of
# the run parts those of one second.
PLACE = ("_modified", "_run_no", "_sequencer", "_file", "_line")


def order_of(columns: Collection[str]) -> tuple[str, ...]:
    """Give the total order of the versions of one key, in a table with these columns."""
    placed = set(PLACE) <= set(columns)
    return (*PLACE, *(name for name in ORDER if name not in PLACE)) if placed else ORDER


def differences_place(silver: str) -> str:
    """Give where the last refresh of a silver table put aside what it found to differ."""
    return f"silver/_differences/{silver.partition('/')[2]}"


def fit(
    lake: Lake, path: str, columns: Mapping[str, str], meta: Mapping[str, str]
) -> dict[str, str]:
    """Bring a table to hold the source's `columns`, and give all that it has now, without `meta`.

    A column that is new is added; one that the source dropped stays. A decimal that is wider
    rewrites the table, as readers of version 1 know no other way.

    Raises:
        TypesDiffer: a column has a type that does not fit what is there.
    """
    every = lake.columns(path)
    if not every:
        lake.create(path, {**columns, **meta})
        return dict(columns)
    there = {name: kind for name, kind in every.items() if name not in meta}
    wanted = {
        name: joined(name, there[name], kind) if name in there else kind
        for name, kind in columns.items()
    }
    wider = {name: kind for name, kind in wanted.items() if there.get(name, kind) != kind}
    if wider:
        rows = lake.read(path)
        cast = {name: F.col(quoted(name)).cast(kind) for name, kind in wider.items()}
        lake.overwrite(path, rows.withColumns(cast), options={"overwriteSchema": "true"})
    lake.evolve(path, wanted)
    return {**there, **wanted}
