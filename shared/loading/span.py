"""Which rows a read covers, and what was seen of the source before the first was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Cursor values greater than `after`, up to and including `upto`; both in the source's exact text.

    None on a side leaves it open. `nulls` selects exactly the rows whose cursor is NULL, and then
    both sides are None. A span with everything None and `nulls` False is the whole table if the
    table has no cursor, and all rows with a cursor value if it has one.
    """

    after: str | None = None
    upto: str | None = None
    nulls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a fence is made of, read in this order: highest cursor, clock, open transactions.

    `clock` and `oldest_open` are UTC, ISO 8601 with microseconds (`2026-01-01T00:00:00.000000`).
    `oldest_open` is the start of the oldest transaction of anybody else that is still open,
    prepared ones included; None if there is none. `sessions_hidden` says that the login could not
    see every session, so that `oldest_open` proves nothing. `lowest_active` is for kind rowversion:
    the lowest value that an open transaction has been given or will be.
    """

    clock: str
    max_cursor: str | None
    has_nulls: bool
    oldest_open: str | None
    sessions_hidden: bool
    lowest_active: str | None = None
