"""Refreshes in Table Storage: the partition `refreshes` beside the orders, newest first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import msgspec

from shared.adapters.azure.entities import Entities
from shared.lakehouse.errors import RefreshUnknown
from shared.lakehouse.records import RefreshRecord
from shared.loading.decoding import prepare

prepare(RefreshRecord)

_REFRESHES = "refreshes"
# Keys count down, as Table Storage lists in ascending order only.
_LAST = 10**8


class AzureRefreshLedger:
    """Implements `shared.lakehouse.records.RefreshLedger`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def refresh(self, number: int) -> RefreshRecord | None:
        """Give a refresh, None if there is none."""
        row = self._rows.get(_REFRESHES, _key(number))
        return msgspec.json.decode(row.body, type=RefreshRecord) if row else None

    def refreshes(self, most: int, *, below: int | None = None) -> tuple[RefreshRecord, ...]:
        """List refreshes, newest first; with `below` only those of a smaller number."""
        after = None if below is None else _key(below)
        rows = self._rows.range(_REFRESHES, after=after, page=min(most, 1000))
        return tuple(
            msgspec.json.decode(row.body, type=RefreshRecord) for row in islice(rows, most)
        )

    def change_refresh(
        self,
        number: int,
        step: Callable[[RefreshRecord], RefreshRecord],
        fresh: RefreshRecord | None = None,
    ) -> RefreshRecord:
        """Apply a pure step by compare-and-set, to `fresh` if there is none."""
        changed = self._rows.change(_REFRESHES, _key(number), RefreshRecord, fresh, step)
        if changed is None:
            raise RefreshUnknown(f"there is no refresh {number}")
        return changed


def _key(number: int) -> str:
    return f"{_LAST - number:09d}"
