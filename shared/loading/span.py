"""Which rows a read covers, and what was seen of the source before the first was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Cursor values greater than `after`, up to and including `upto`; both in the source's exact text.

    None on a side leaves it open. `nulls` selects exactly the rows whose cursor is NULL, and then
    both sides are None. A span with everything None and `nulls` False is the whole table if the
    table has no cursor, and all rows with a cursor value if it has one.

    With `by_key` the values are of the first key column instead: how a table is cut that is read
    whole and whose cursor is not in its rows.
    """

    after: str | None = None
    upto: str | None = None
    nulls: bool = False
    by_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An open transaction as its database's administrator knows it: whose it is, and since when.

    `session` names it as its engine does (`pid 4711`, `session 52`, `prepared transaction x`); the
    rest is None where it is not shown. `since` is UTC, ISO 8601 with microseconds. What a session
    has sent or read is never here: no statement, no row.
    """

    session: str
    since: str
    user: str | None = None
    application: str | None = None
    client: str | None = None
    state: str | None = None

    @property
    def text(self) -> str:
        """All of it but the time, in one short line."""
        named = (("user", self.user), ("application", self.application), ("from", self.client))
        known = [f"{name} {value}" for name, value in named if value]
        return ", ".join([self.session, *known, *([self.state] if self.state else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What a source keeps of a table's changes, read after their current version.

    Changes above the version `kept_above` are all there. `began` is the version at which the table's
    tracking began, also after it was truncated; None if that is not shown. `holds_rows` says
    whether the table holds any, `untouched` whether one of them has not changed above `kept_above`;
    None where that was not asked.
    """

    kept_above: str
    began: str | None
    holds_rows: bool
    untouched: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a fence is made of, read in this order: highest cursor, clock, open transactions.

    `clock` and `oldest_open` are UTC, ISO 8601 with microseconds (`2026-01-01T00:00:00.000000`).
    `oldest_open` is the start of the oldest transaction of anybody else that is still open,
    prepared ones included; None if there is none. `sessions_hidden` says that the login could not
    see every session, so that `oldest_open` proves nothing. `lowest_active` is for kind rowversion:
    the lowest value that an open transaction has been given or will be.

    `holders` are the few oldest of those that are open, the oldest first. `start_unknown` says that
    one of them is known to be open and not since when: nothing above the last watermark is safe.
    `doubts` say in words why a value that the database assigns may still come late. `counter` is
    the last number that the column's own sequence has given, read after the highest value; None if
    it has none or it is not shown. `highest_unknown` says that the source cannot tell its highest
    value: there may be rows, and `max_cursor` is None. `tracking` is for kind change_tracking, whose
    `max_cursor` is the version of the last change that was committed in the database.
    """

    clock: str
    max_cursor: str | None
    has_nulls: bool
    oldest_open: str | None
    sessions_hidden: bool
    lowest_active: str | None = None
    holders: tuple[Holder, ...] = ()
    start_unknown: bool = False
    doubts: tuple[str, ...] = ()
    counter: str | None = None
    highest_unknown: bool = False
    tracking: Tracking | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the table holds no row, as far as a cursor column tells."""
        if self.tracking is not None:
            return not self.tracking.holds_rows
        return self.max_cursor is None and not self.has_nulls and not self.highest_unknown
