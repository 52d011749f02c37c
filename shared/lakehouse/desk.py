"""Where hand-overs are made: reads what was published, writes the next file, remembers its refresh.

The order of writes makes up for whoever dies in between: first the file, which alone says how far
each table is; then the record of its refresh; last the tables are taken off the list of those that
have something to hand over, and what the file releases off the list of what was asked. Whoever comes
after a death finds a file without a record, a table with nothing new, or a release that the last
file names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.catalog import TableSpec
from shared.lakehouse.handover import HandOver, next_handover
from shared.lakehouse.log import Written, append, find_last, survey
from shared.lakehouse.records import (
    UNDER_WAY,
    RefreshLedger,
    RefreshRecord,
    record_of,
    take_up,
)
from shared.lakehouse.releases import Release, ReleaseRequests
from shared.landing.lake import Lake
from shared.loading.published import Publications, PublishedRun, Unhanded
from shared.loading.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshDesk:
    """`turn` gives a table's turn, `now` the time in UTC."""

    lake: Lake
    publications: Publications
    turn: Callable[[str], Turn]
    refreshes: RefreshLedger
    releases: ReleaseRequests
    now: Callable[[], datetime]

    def ask_release(
        self, wanted: Sequence[tuple[str, Mapping[str, str]]], ask: str
    ) -> tuple[Release, ...]:
        """Write down what the next hand-over is to release: tables with keys, or without.

        `ask` names the request: asked again under its name, nothing is written twice.
        """
        at = _stamp(self.now())
        releases = tuple(
            Release(id=f"{ask}-{number:04d}", table=table, key=key, asked_at=at)
            for number, (table, key) in enumerate(wanted)
        )
        self.releases.ask(releases)
        return releases

    def hand_over(self, specs: Mapping[str, TableSpec]) -> RefreshRecord | None:
        """Take the last hand-over up if it is not carried out yet, else make the next; None if nothing is new.

        Raises:
            HandOverDamaged: the last file cannot be read.
        """
        newest = self.refreshes.refreshes(1)
        last = find_last(self.lake, newest[0].number if newest else 0)
        if last is not None:
            record = self.refreshes.refresh(last.handover.number)
            if record is None or record.state != "succeeded":
                return self._take_up(last)
        return self._make_next(last.handover if last else None, specs)

    def is_due(self, specs: Mapping[str, TableSpec]) -> bool:
        """Say whether a refresh should be on its way without anybody asking.

        That is so while one has not ended, and where something was published, or a release asked,
        since the last ended. One that failed is taken up again by what comes next, not by the clock.
        """
        newest = next(iter(self.refreshes.refreshes(1)), None)
        if newest is not None and newest.state in UNDER_WAY:
            return True
        waiting = [each.since for each in self.publications.unhanded() if each.table in specs]
        waiting += [each.asked_at for each in self.releases.asked()]
        if newest is None or newest.state == "succeeded" or newest.ended_at is None:
            return bool(waiting)
        ended = datetime.fromisoformat(newest.ended_at)
        return any(datetime.fromisoformat(since) > ended for since in waiting)

    def _make_next(
        self, previous: HandOver | None, specs: Mapping[str, TableSpec]
    ) -> RefreshRecord | None:
        known = {table.table: table.until for table in previous.tables} if previous else {}
        published: dict[str, tuple[PublishedRun, ...]] = {}
        settled: list[Unhanded] = []
        for each in self.publications.unhanded():
            if each.table not in specs and each.table not in known:
                continue  # its table file is gone: it waits
            # Asked before the runs: who claims later has put itself on the list anew.
            if self.turn(each.table).claim is None:
                settled.append(each)
            published[each.table] = self.publications.runs_above(
                each.table, known.get(each.table, 0)
            )
        if previous is None:
            for name, spec in specs.items():
                published[name] = (*survey(self.lake, spec.target), *published.get(name, ()))
        # Read after the last file: so what is left of it on the list is named there.
        asked = self.releases.asked()
        made = next_handover(previous, published, specs, _stamp(self.now()), asked)
        # Before the next file: that one does not say any more what the last has named.
        named = {each.id for each in made.releases} if made else set[str]()
        self.releases.settle(each for each in asked if each.id not in named)
        if made is None:
            self.publications.settle(settled)
            return None
        written = append(self.lake, made)
        record = self._take_up(written)
        self.releases.settle(written.handover.releases)
        if written.handover == made:
            self.publications.settle(settled)
        return record

    def _take_up(self, written: Written) -> RefreshRecord:
        fresh = record_of(written.handover, written.path, written.digest)
        return self.refreshes.change_refresh(written.handover.number, take_up, fresh)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
