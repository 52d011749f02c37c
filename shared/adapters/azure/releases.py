"""Releases that wait for a hand-over, in Table Storage: the partition `releases` beside the refreshes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec

from shared.adapters.azure.entities import Entities, RowModified
from shared.lakehouse.releases import Release
from shared.loading.decoding import prepare

prepare(Release)

_RELEASES = "releases"


class AzureReleaseRequests:
    """Implements `shared.lakehouse.releases.ReleaseRequests`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def ask(self, releases: Sequence[Release]) -> None:
        """Write releases down; one that has its id already is not doubled."""
        self._rows.put_all(_RELEASES, [(each.id, each) for each in releases])

    def asked(self) -> tuple[Release, ...]:
        """Give all that are to be handed over, oldest first, and perhaps some that were."""
        rows = self._rows.range(_RELEASES)
        found = (msgspec.json.decode(row.body, type=Release) for row in rows)
        return tuple(sorted(found, key=lambda each: (each.asked_at, each.id)))

    def settle(self, releases: Iterable[Release]) -> None:
        """Take releases off the list; those that are gone stay so."""
        for each in releases:
            with suppress(RowModified):  # another settled it
                self._rows.remove(_RELEASES, each.id)
