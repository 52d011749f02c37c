"""Letting rows through that were set aside, as they are.

They keep their place in the order, so that what was read later still wins. A hand-over names what it
releases, and does so once: repeated, it finds nothing that waits.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know

from lakehouse.delta import Lake
from lakehouse.handover import Handover, Table
from lakehouse.silver import quality, runs
from lakehouse.silver.current import add_keyless, bring_up_to_date
from lakehouse.silver.history import Change, add_versions
from lakehouse.silver.layout import ASIDE, META


def carry_out(lake: Lake, handover: Handover) -> int:
    """Let through what a hand-over releases; its rows count as written by it.

    A release that finds no row is done: a file that cannot be carried out would stop all that follow.

    Returns:
        How many rows were let through.
    """
    count = 0
    for each in handover.releases:
        table = handover.table(each.table)
        if table is not None and _may_wait(lake, table, each.key):
            count += let_through(lake, table, each.key, handover.number)
    return count


def _may_wait(lake: Lake, table: Table, key: Mapping[str, str]) -> bool:
    """Say whether there are rows set aside that have these columns."""
    return lake.exists(table.quarantine) and set(key) <= set(lake.read(table.quarantine).columns)


def let_through(lake: Lake, table: Table, key: Mapping[str, str], number: int) -> int:
    """Let the rows of a table that wait through, all or those of one key; they count as written by `number`.

    Returns:
        How many rows were let through.
    """
    rows = quality.waiting(lake, table, dict(key), number)
    numbers = [row[0] for row in rows.select("_run_no").distinct().collect()]
    if not numbers:
        return 0
    count = rows.count()
    passed = rows.drop(*ASIDE).withColumn("_handover", F.lit(number).cast("bigint"))
    snapshots = runs.snapshots(runs.taken_in(lake, table.table))
    if table.key:
        change = Change(
            table=table,
            columns={n: k for n, k in lake.read(table.history).dtypes if n not in META},
            number=number,
            runs=tuple(numbers),
            snapshots=tuple(snapshots),
            in_order=False,
            everything=False,
        )
        add_versions(lake, table, passed, change.since)
        bring_up_to_date(lake, change)
    else:
        add_keyless(lake, table, passed, snapshots)
    quality.mark_released(lake, table, rows, number)
    return count
