"""Which tables are due by their schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from shared.catalog import Catalog, TableSpec, parse_schedule
from shared.catalog.schedule import next_after

# The first tick ever looks back no further, so that a new app does not load for the past.
FIRST_LOOK = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def due_tables(catalog: Catalog, last: datetime | None, now: datetime) -> tuple[str, ...]:
    """Name the tables with a scheduled moment after `last`, up to and including `now`; both UTC.

    Several missed moments of a table count once: a load brings it up to date whatever was missed.
    """
    since = last or now - FIRST_LOOK
    return tuple(
        table.name
        for table in catalog
        if table.schedule is not None and next_after(parse_schedule(table.schedule), since) <= now
    )


def due_reconciliations(
    catalog: Catalog, last: datetime | None, now: datetime
) -> tuple[TableSpec, ...]:
    """Give the tables with a moment to be reconciled after `last`, up to and including `now`; both UTC."""
    since = last or now - FIRST_LOOK
    return tuple(table for table in catalog if _moments(table, now) > _moments(table, since))


def _moments(table: TableSpec, until: datetime) -> int:
    """Count a table's moments since 1970: one every interval, each table at another time of it.

    Nothing is remembered of a table: its moments follow from its name.
    """
    every = table.deletes.every
    if table.deletes.how != "reconcile" or every is None:
        return 0
    share = int.from_bytes(sha256(table.name.encode()).digest()[:4], "big") / 2**32
    offset = share * every
    return (until - _EPOCH - offset) // every
