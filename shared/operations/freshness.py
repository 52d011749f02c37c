"""How fresh tables are, and which are late.

A table is as old as the start of its last good load: one that landed what was new, or found that
nothing was. What was written at the source after that moment no reader has seen. When the load
ended does not count, nor does the watermark: a source that is quiet has an old watermark and is
fresh all the same. A run that was set aside in quarantine reaches no reader and does not count;
nor do backfills and reconciliations, which bring nothing up to date.

A table that was never loaded is as old as the first look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from shared.alerting.incident import Trouble
from shared.alerting.wording import span
from shared.catalog import TableSpec
from shared.operations.records import RunRecord
from shared.operations.troubles import work_of

# So many tables a tick are looked up one by one, each by one request. Where there are more, the last
# runs of all tables are read once, 200 a request: an outage makes all tables late in one tick.
MOST_LOOKS = 50
MOST_RUNS = 10_000
# What is open is looked up once in so many minutes, each table in another one.
TURNS = 10
# A run may be of an order that was made long before it began.
BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """When a table's last good load began (UTC, ISO 8601); not `loaded`: when it was first looked at.

    It may be older than the truth, as it is written when a whole order ends: the ledger knows better.
    """

    at: str
    loaded: bool = True


class Freshness(Protocol):
    """What is known of how fresh tables are. Raises StateUnavailable. Every write may be repeated."""

    def read(self) -> Mapping[str, Fresh]:
        """Give all tables that are known."""
        ...

    def write(self, found: Mapping[str, Fresh]) -> None:
        """Write tables down, whatever was there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How old a table is, in seconds, and how old it may be."""

    within_seconds: int
    age_seconds: int
    late: bool


def is_good(run: RunRecord) -> bool:
    """Say whether a run has brought its table up to date."""
    return (
        run.state == "succeeded"
        and run.outcome in ("loaded", "nothing_new")
        and work_of(run.mode) == "load"
    )


def freshest(runs: Iterable[RunRecord]) -> dict[str, Fresh]:
    """Give what runs say of how fresh their tables are."""
    found: dict[str, Fresh] = {}
    for run in runs:
        if is_good(run):
            found[run.table] = later(found.get(run.table), Fresh(at=run.started_at))
    return found


def later(one: Fresh | None, other: Fresh) -> Fresh:
    """Give what says more: a load before a look, then the later one."""
    return other if one is None else max(one, other, key=lambda each: (each.loaded, each.at))


def age_of(spec: TableSpec, fresh: Fresh | None, now: datetime) -> Age | None:
    """Say how old a table is; None where nothing is asked of it, or it was never looked at."""
    if spec.fresh_within is None or fresh is None:
        return None
    age = now - datetime.fromisoformat(fresh.at)
    return Age(
        within_seconds=_seconds(spec.fresh_within),
        age_seconds=max(_seconds(age), 0),
        late=age > spec.fresh_within,
    )


def suspects(
    tables: Sequence[TableSpec], known: Mapping[str, Fresh], told: frozenset[str], now: datetime
) -> list[TableSpec]:
    """Give the tables that have to be looked up: never seen, or late as far as is known.

    Those that somebody was told of come last, each in its own minute of ten.
    """
    found = [
        table
        for table in tables
        if (age := age_of(table, known.get(table.name), now)) is None or age.late
    ]
    fresh = [table for table in found if table.name not in told]
    rest = [table for table in found if table.name in told and is_turn(table.name, now)]
    return [*fresh, *rest]


def is_turn(name: str, now: datetime) -> bool:
    """Say whether this is the minute of ten in which a name is looked up again."""
    share = sha256(name.encode()).digest()[0] % TURNS
    return int(now.timestamp()) // 60 % TURNS == share


def late_trouble(spec: TableSpec, fresh: Fresh, now: datetime) -> Trouble | None:
    """Report a late table, None if it is not late. The report is another one every hour."""
    age = age_of(spec, fresh, now)
    if age is None or not age.late:
        return None
    began = "the last good load began" if fresh.loaded else "it was never loaded, and first seen"
    text = (
        f"{began} {span(age.age_seconds)} ago; it has to be fresh within {span(age.within_seconds)}"
    )
    return Trouble(
        kind="late",
        subject=spec.name,
        token=f"{fresh.at}#{(age.age_seconds - age.within_seconds) // 3600}",
        at=fresh.at,
        text=text,
        lag_seconds=age.age_seconds,
    )


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
