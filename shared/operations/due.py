"""Which tables are due by their schedules."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.catalog import Catalog, parse_schedule
from shared.catalog.schedule import next_after

# The first tick ever looks back no further, so that a new app does not load for the past.
FIRST_LOOK = timedelta(seconds=1)


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
