"""Turns and watermarks in Table Storage: one partition a table, so that both change in one transaction.

Rows of a partition: `turn`, `watermark`, one `history-…` for each move of the watermark, and one
`published-…` for each run in bronze. The partition `held` names the tables whose turn is taken or
asked for, the partition `unhanded` those that have published since they were handed over last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.adapters.azure.entities import WHATEVER, Entities, Row, RowModified
from shared.adapters.azure.watchlist import Watchlist
from shared.loading.decoding import prepare
from shared.loading.errors import StateUnavailable, WatermarkMoved
from shared.loading.order import table_key, table_of_key
from shared.loading.published import PublishedRun, Unhanded
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark

prepare(Turn, Watermark, PublishedRun)

_TURN, _WATERMARK, _HELD, _UNHANDED = "turn", "watermark", "held", "unhanded"
_TRIES = 20
# History keys count down, as Table Storage lists in ascending order only.
_LAST = 10**9


class AzureTableStates:
    """Implements `shared.loading.state.TableStates` and `shared.loading.published.Publications`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows
        self._watched = Watchlist(rows=rows, partition=_HELD, kind=Turn, is_open=_is_open)

    def turn(self, table: str) -> Turn:
        """Give the table's turn; a fresh one if nothing was ever loaded."""
        row = self._rows.get(table_key(table), _TURN)
        return msgspec.json.decode(row.body, type=Turn) if row else Turn()

    def change_turn(self, table: str, step: Callable[[Turn], Turn]) -> Turn:
        """Apply a pure step by compare-and-set."""
        key = table_key(table)
        changed = self._watched.change((key, _TURN), key, step, fresh=Turn())
        if changed is None:
            raise StateUnavailable(f"the turn of {table} could not be read")
        return changed

    def held(self) -> Iterable[str]:
        """Name the tables whose turn is taken or asked for."""
        return [table_of_key(name) for name in self._watched.names()]

    def watermark(self, table: str) -> Watermark | None:
        """Give the table's watermark, None before the first load has finished."""
        row = self._rows.get(table_key(table), _WATERMARK)
        return _mark(row) if row else None

    def glance(self, table: str) -> tuple[Turn, Watermark | None]:
        """Give turn and watermark by one question."""
        # No other row of the partition lies between the two.
        rows = self._rows.range(table_key(table), low=_TURN, high=f"{_WATERMARK}~", page=2)
        found = {row.key: row for row in rows}
        turn, marked = found.get(_TURN), found.get(_WATERMARK)
        return (
            msgspec.json.decode(turn.body, type=Turn) if turn else Turn(),
            _mark(marked) if marked else None,
        )

    def history(self, table: str, most: int, *, below: int | None = None) -> tuple[Watermark, ...]:
        """Give the last watermarks, newest first; with `below` only versions before that one."""
        found: list[Watermark] = []
        after = None if below is None else _history_key(below)
        for row in self._rows.range(
            table_key(table), low="history-", high="history.", after=after, page=min(most, 1000)
        ):
            found.append(_mark(row))
            if len(found) == most:
                break
        return tuple(found)

    def advance(
        self,
        table: str,
        *,
        step: Callable[[Turn], Turn],
        before: Watermark | None,
        after: Watermark | None,
        published: PublishedRun | None = None,
    ) -> None:
        """Apply a step to the turn, move the watermark and write down what was published, all or nothing."""
        key = table_key(table)
        if published is not None:
            # Before the run counts: whoever takes the name off the list finds it written anew.
            self._rows.put(_UNHANDED, key, datetime.now(UTC).isoformat())
        for _ in range(_TRIES):
            # Read before the turn: if the commit is closed in between, the turn says so, and a
            # watermark that has moved with it is nobody's fault.
            marked = self._rows.get(key, _WATERMARK)
            held = self._rows.get(key, _TURN)
            turn = msgspec.json.decode(held.body, type=Turn) if held else Turn()
            stepped = step(turn)
            if stepped == turn:
                return
            changes: list[tuple[str, Any, str | None]] = [
                (_TURN, stepped, held.etag if held else None)
            ]
            if after is not None and after != before:
                if marked is not None and _mark(marked) == after:
                    return  # our own move, whose answer was lost on the way
                changes += _moves(table, marked, before, after)
            if published is not None:
                changes.append((_published_key(published.run_no), published, WHATEVER))
            try:
                self._rows.swap_all(changes, partition=key)
            except RowModified:
                continue
            return
        raise StateUnavailable(f"{table} is being changed by too many at once")

    def unhanded(self) -> tuple[Unhanded, ...]:
        """Name the tables that have published, or are about to, and perhaps some that have not."""
        return tuple(
            Unhanded(
                table=table_of_key(row.key),
                since=msgspec.json.decode(row.body, type=str),
                version=row.etag,
            )
            for row in self._rows.range(_UNHANDED, page=1000)
        )

    def runs_above(self, table: str, run_no: int) -> tuple[PublishedRun, ...]:
        """List what a table has published above a number, ascending."""
        low, high = _published_key(run_no + 1), "published."
        rows = self._rows.range(table_key(table), low=low, high=high, page=1000)
        return tuple(msgspec.json.decode(row.body, type=PublishedRun) for row in rows)

    def settle(self, tables: Iterable[Unhanded]) -> None:
        """Take tables off the list; one that is about to publish again stays on it."""
        for each in tables:
            with suppress(RowModified):
                self._rows.remove(_UNHANDED, table_key(each.table), etag=each.version)


def _moves(
    table: str, row: Row | None, before: Watermark | None, after: Watermark
) -> list[tuple[str, Watermark, str | None]]:
    stored = _mark(row) if row else None
    if stored != before:
        raise WatermarkMoved(
            f"the watermark of {table} is {stored.position if stored else 'not set'}, "
            f"expected {before.position if before else 'none'}"
        )
    history = _history_key(after.version)
    # The history may be longer than the watermark knows, if somebody has removed that by hand.
    return [(_WATERMARK, after, row.etag if row else None), (history, after, WHATEVER)]


def _mark(row: Row) -> Watermark:
    return msgspec.json.decode(row.body, type=Watermark)


def _history_key(version: int) -> str:
    return f"history-{_LAST - version:010d}"


def _published_key(run_no: int) -> str:
    return f"published-{run_no:010d}"


def _is_open(turn: Turn) -> bool:
    return turn.holder is not None or turn.requested != turn.served or turn.claim is not None
