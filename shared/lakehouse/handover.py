"""Hand-overs: numbered lists of what the lakehouse has not seen yet, one made from the one before.

A hand-over says of every table how far it was handed over, so that the next can be made from it
alone. It never changes once it is written, and its text stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from shared.catalog import RuleSpec, TableSpec, silver_target
from shared.lakehouse.releases import Release
from shared.loading.decoding import prepare
from shared.loading.published import PublishedRun
from shared.loading.trace import place_of_handover

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedTable:
    """One table: what silver has to know of it, how far it was handed over, and what is new.

    `until` is the greatest `run_no` handed over so far, `runs` are those that this hand-over adds,
    ascending. The fields are those of the JSON.
    """

    table: str
    target: str
    silver: str
    key: tuple[str, ...]
    soft_delete: str | None
    valid_from: str | None
    quality: tuple[RuleSpec, ...]
    until: int
    runs: tuple[PublishedRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What is handed over at once, and how far every table has come. `created_at` is UTC, ISO 8601.

    `releases` are carried out before the runs are taken in. `traceparent` is where the hand-over stands
    in a trace, that of the first run that it hands over; empty in files of earlier versions.
    """

    format: int = FORMAT
    number: int
    created_at: str
    tables: tuple[HandedTable, ...]
    releases: tuple[Release, ...] = ()
    traceparent: str = ""

    @property
    def runs(self) -> int:
        """How many runs are new."""
        return sum(len(table.runs) for table in self.tables)


prepare(HandOver)


def next_handover(
    previous: HandOver | None,
    published: Mapping[str, Iterable[PublishedRun]],
    specs: Mapping[str, TableSpec],
    at: str,
    asked: Iterable[Release] = (),
) -> HandOver | None:
    """Make the hand-over that follows; None if it would add no run and release nothing.

    Args:
        previous: the last one, None before the first.
        published: runs by table; those that were handed over before are left out.
        specs: the tables as the files say now. One that is gone from the files stays as it was
            handed over last, and waits if it never was.
        at: the time now, UTC, ISO 8601.
        asked: what is to be released; left out is what the last one names already, and what is of
            a table that was never handed over: nothing of it can have been set aside.
    """
    known = {table.table: table for table in previous.tables} if previous else {}
    tables: list[HandedTable] = []
    for name in sorted({*known, *published}):
        before = known.get(name)
        until = before.until if before else 0
        new = _new_runs(published.get(name, ()), until)
        described = _describe(specs[name]) if name in specs else before
        if described is None or (before is None and not new):
            continue
        until = new[-1].run_no if new else until
        tables.append(replace(described, until=until, runs=new))
    done = {each.id for each in previous.releases} if previous else set[str]()
    names = {table.table for table in tables}
    releases = tuple(each for each in asked if each.id not in done and each.table in names)
    if not releases and not any(table.runs for table in tables):
        return None
    number = previous.number + 1 if previous else 1
    new = sorted((run for table in tables for run in table.runs), key=lambda run: run.run_id)
    first = next((run.traceparent for run in new if run.traceparent), "")
    return HandOver(
        number=number,
        created_at=at,
        tables=tuple(tables),
        releases=releases,
        traceparent=str(place_of_handover(number, at, first)),
    )


def encode_handover(handover: HandOver) -> bytes:
    """Write a hand-over down; the same one always gives the same text."""
    return msgspec.json.format(msgspec.json.encode(handover), indent=1)


def digest_of(content: bytes) -> str:
    """Stand for a hand-over's text: SHA-256, 64 hex digits."""
    return sha256(content).hexdigest()


def token_of(digest: str, attempt: int) -> str:
    """Make the idempotency token of an attempt: 64 characters, the most that the Jobs API takes.

    The first attempt has the digest itself. See `idempotency_token` at
    https://docs.databricks.com/api/workspace/jobs/runnow.
    """
    return digest if attempt == 1 else sha256(f"{digest}/{attempt}".encode()).hexdigest()


def _new_runs(runs: Iterable[PublishedRun], until: int) -> tuple[PublishedRun, ...]:
    new = {run.run_no: run for run in runs if run.run_no > until}
    return tuple(new[number] for number in sorted(new))


def _describe(spec: TableSpec) -> HandedTable:
    return HandedTable(
        table=spec.name,
        target=spec.target,
        silver=silver_target(spec),
        key=spec.key,
        soft_delete=spec.deletes.column,
        valid_from=spec.silver.valid_from,
        quality=spec.quality,
        until=0,
        runs=(),
    )


def tables_of(handover: HandOver) -> Sequence[HandedTable]:
    """Give the tables that have something new."""
    return [table for table in handover.tables if table.runs]
