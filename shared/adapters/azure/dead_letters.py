"""Dead letters in Table Storage, newest first in the partition `letters`.

The partitions `n-…` give the letter of a thing by the hash of its name. That row is written first:
whoever dies in between leaves a name that the next death of the same thing makes true.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from shared.adapters.azure.entities import Entities, Row, RowModified
from shared.adapters.azure.ledger_keys import inverted
from shared.loading.decoding import prepare
from shared.loading.errors import StateUnavailable
from shared.operations.dead_letters import DeadLetter, LetterKind, LetterQuery, LetterUnknown
from shared.operations.pages import Page, PageUnknown, decode_page, encode_page

prepare(DeadLetter)

_LETTERS = "letters"
_ID = re.compile(r"([0-9]{8})T([0-9]{9})Z-[0-9a-f]{16}")
_KEY = re.compile(r"[0-9]{17}-[0-9]{8}T[0-9]{9}Z-[0-9a-f]{16}")


class AzureDeadLetters:
    """Implements `shared.operations.dead_letters.DeadLetters`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def keep(
        self,
        kind: LetterKind,
        name: str,
        at: datetime,
        step: Callable[[DeadLetter | None], DeadLetter],
    ) -> DeadLetter:
        """Apply a pure step to the letter of a thing, which is None the first time."""
        letter_id = self._id_of(kind, name, at)

        def named(known: DeadLetter | None) -> DeadLetter:
            return replace(step(known), id=letter_id)

        key = _key(letter_id)
        if self._rows.get(_LETTERS, key) is None:
            first = named(None)
            try:
                self._rows.swap(_LETTERS, key, first, etag=None)
            except RowModified:  # another was first
                pass
            else:
                return first
        return self.change(letter_id, named)

    def letter(self, letter_id: str) -> DeadLetter | None:
        """Give a letter, None if there is none."""
        if not _ID.fullmatch(letter_id):
            return None
        row = self._rows.get(_LETTERS, _key(letter_id))
        return _letter(row) if row else None

    def change(self, letter_id: str, step: Callable[[DeadLetter], DeadLetter]) -> DeadLetter:
        """Apply a pure step to a letter by compare-and-set."""
        found = None
        if _ID.fullmatch(letter_id):
            found = self._rows.change(_LETTERS, _key(letter_id), DeadLetter, None, step)
        if found is None:
            raise LetterUnknown(f"there is no dead letter {letter_id}")
        return found

    def letters(self, query: LetterQuery) -> Page[DeadLetter]:
        """List letters, newest first; one more is read to know whether there are more."""
        after = _read_page(query.page) if query.page else None
        found: list[DeadLetter] = []
        at_once = 200 if query.kind or query.state else min(query.most + 1, 200)
        for row in self._rows.range(_LETTERS, after=after, page=at_once):
            letter = _letter(row)
            if query.kind not in (None, letter.kind) or query.state not in (None, letter.state):
                continue
            if len(found) == query.most:
                return Page(items=tuple(found), next=encode_page(_key(found[-1].id)))
            found.append(letter)
        return Page(items=tuple(found), next=None)

    def _id_of(self, kind: LetterKind, name: str, at: datetime) -> str:
        """Give the id of a thing's letter, which is made at its first death and stays."""
        digest = sha256(f"{kind}\0{name}".encode()).hexdigest()
        place = (f"n-{digest[:2]}", digest)
        row = self._rows.get(*place)
        if row is None:
            moment = at.astimezone(UTC)
            stamp = f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z"
            made = f"{stamp}-{digest[:16]}"
            try:
                self._rows.swap(*place, made, etag=None)
            except RowModified:
                row = self._rows.get(*place)
            else:
                return made
        if row is None:
            raise StateUnavailable(f"the letter of {name} could not be named")
        return msgspec.json.decode(row.body, type=str)


def _key(letter_id: str) -> str:
    return f"{inverted(letter_id[:8] + letter_id[9:18])}-{letter_id}"


def _letter(row: Row) -> DeadLetter:
    return msgspec.json.decode(row.body, type=DeadLetter)


def _read_page(token: str) -> str:
    [key] = decode_page(token, 1)
    if not _KEY.fullmatch(key):
        raise PageUnknown("it is no token of a page")
    return key
