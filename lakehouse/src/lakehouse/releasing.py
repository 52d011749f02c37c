"""Letting rows through by hand, between refreshes: they count to the hand-over after the last."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.errors import TableUnknown
from lakehouse.gold.progress import PROGRESS
from lakehouse.handover import Handover
from lakehouse.silver import runs
from lakehouse.silver.releasing import let_through


def release(lake: Lake, handover: Handover, name: str, key: Mapping[str, str]) -> int:
    """Let rows through by hand, all of a table or those of one key; no refresh may run meanwhile.

    They count as written by the hand-over after the last, which whoever follows silver has not seen yet.

    Args:
        lake: The lake.
        handover: The last one.
        name: The table's name.
        key: All columns of the key with their values as texts, or nothing.

    Returns:
        How many rows were let through.

    Raises:
        TableUnknown: the table was never handed over, or the key has other columns.
    """
    table = handover.table(name)
    taken = runs.taken_in(lake, name)
    if table is None or not taken or (key and set(key) != set(table.key)):
        raise TableUnknown(f"{name} with a key of {sorted(key) or 'no columns'}")
    return let_through(lake, table, key, last_gone_through(lake, handover.number) + 1)


def last_gone_through(lake: Lake, given: int) -> int:
    """Find the last hand-over that anybody has gone through, which need not have brought the table runs."""
    followed = [given, runs.last_handover(lake)]
    if lake.exists(PROGRESS):
        through = lake.read(PROGRESS).agg(F.max("through")).collect()[0][0]
        followed.append(through or 0)
    return max(followed)
