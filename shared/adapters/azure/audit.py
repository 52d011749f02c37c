"""The record of what was done, in Table Storage: one partition, newest first, rows that are only added.

An entry is two rows, what was to be done (`…-1`) and what became of it (`…-0`), which lies before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

from shared.adapters.azure.entities import Entities, RowModified
from shared.adapters.azure.ledger_keys import inverted
from shared.loading.decoding import prepare
from shared.operations.audit import AuditEntry, AuditIntent, AuditOutcome
from shared.operations.pages import Page, PageUnknown, decode_page, encode_page

prepare(AuditIntent)
prepare(AuditOutcome)

_PARTITION = "audit"
_OUTCOME, _INTENT = "-0", "-1"
_KEY = re.compile(r"[0-9]{17}-[0-9]{8}T[0-9]{9}Z-[0-9a-f]{12}-1")


class AzureAuditLog:
    """Implements `shared.operations.audit.AuditLog`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def begin(self, intent: AuditIntent) -> None:
        """Add what is about to be done."""
        self._add(_key(intent.id, _INTENT), intent)

    def end(self, outcome: AuditOutcome) -> None:
        """Add what became of it."""
        self._add(_key(outcome.id, _OUTCOME), outcome)

    def entries(self, most: int, page: str | None) -> Page[AuditEntry]:
        """List entries, newest first; one more is read to know whether there are more."""
        found: list[AuditEntry] = []
        for entry in self._read(_read_page(page) if page else None, at_once=2 * most + 2):
            if len(found) == most:
                return Page(
                    items=tuple(found), next=encode_page(_key(found[-1].intent.id, _INTENT))
                )
            found.append(entry)
        return Page(items=tuple(found), next=None)

    def _add(self, key: str, row: Any) -> None:
        # One that is there was written by this very request, whose answer was lost: ids are unique.
        with suppress(RowModified):
            self._rows.swap(_PARTITION, key, row, etag=None)

    def _read(self, after: str | None, at_once: int) -> Iterator[AuditEntry]:
        outcome: AuditOutcome | None = None
        for row in self._rows.range(_PARTITION, after=after, page=min(at_once, 200)):
            if row.key.endswith(_OUTCOME):
                outcome = msgspec.json.decode(row.body, type=AuditOutcome)
                continue
            intent = msgspec.json.decode(row.body, type=AuditIntent)
            own = outcome if outcome is not None and outcome.id == intent.id else None
            yield AuditEntry(intent=intent, outcome=own)
            outcome = None


def _key(audit_id: str, which: str) -> str:
    return f"{inverted(audit_id[:8] + audit_id[9:18])}-{audit_id}{which}"


def _read_page(token: str) -> str:
    [key] = decode_page(token, 1)
    if not _KEY.fullmatch(key):
        raise PageUnknown("it is no token of a page")
    return key
