"""Turns and watermarks in Table Storage: one partition a table, so that both change in one transaction.

Rows of a partition: `turn`, `watermark`, and one `history-…` for each move of the watermark. The
partition `held` names the tables whose turn is taken or asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from shared.adapters.azure.entities import Entities, RowModified
from shared.loading.errors import StateUnavailable, WatermarkMoved
from shared.loading.order import table_key, table_of_key
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark

_TURN, _WATERMARK, _HELD = "turn", "watermark", "held"
_TRIES = 20
# History keys count down, as Table Storage lists in ascending order only.
_LAST = 10**9


class AzureTableStates:
    """Implements `shared.loading.state.TableStates`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def turn(self, table: str) -> Turn:
        """Give the table's turn; a fresh one if nothing was ever loaded."""
        row = self._rows.get(table_key(table), _TURN)
        return msgspec.json.decode(row.body, type=Turn) if row else Turn()

    def change_turn(self, table: str, step: Callable[[Turn], Turn]) -> Turn:
        """Apply a pure step by compare-and-set.

        The index of held turns is written before a turn is taken and cleared after it is free, so
        that it never misses one; a name too many is harmless.
        """
        key = table_key(table)

        def indexed(before: Turn) -> Turn:
            after = step(before)
            if _is_open(after) and not _is_open(before):
                self._rows.put(_HELD, key, {})
            return after

        changed = self._rows.change(key, _TURN, Turn, Turn(), indexed)
        if changed is None:
            raise StateUnavailable(f"the turn of {table} could not be read")
        if not _is_open(changed):
            self._clear(table, key)
        return changed

    def _clear(self, table: str, key: str) -> None:
        self._rows.remove(_HELD, key)
        # Somebody may have taken the turn between the change and the removal.
        if _is_open(self.turn(table)):
            self._rows.put(_HELD, key, {})

    def held(self) -> Iterable[str]:
        """Name the tables whose turn is taken or asked for."""
        return [table_of_key(row.key) for row in self._rows.range(_HELD)]

    def watermark(self, table: str) -> Watermark | None:
        """Give the table's watermark, None before the first load has finished."""
        row = self._rows.get(table_key(table), _WATERMARK)
        return msgspec.json.decode(row.body, type=Watermark) if row else None

    def history(self, table: str, most: int) -> tuple[Watermark, ...]:
        """Give the last watermarks, newest first."""
        found: list[Watermark] = []
        for row in self._rows.range(
            table_key(table), low="history-", high="history.", page=min(most, 1000)
        ):
            found.append(msgspec.json.decode(row.body, type=Watermark))
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
    ) -> None:
        """Apply a step to the turn and move the watermark, both or neither."""
        key = table_key(table)
        for _ in range(_TRIES):
            turn_row = self._rows.get(key, _TURN)
            turn = msgspec.json.decode(turn_row.body, type=Turn) if turn_row else Turn()
            stepped = step(turn)
            if stepped == turn:
                return
            changes = [(_TURN, stepped, turn_row.etag if turn_row else None)]
            changes += self._moves(table, before, after)
            try:
                self._rows.swap_all(changes, partition=key)
            except RowModified:
                continue
            return
        raise StateUnavailable(f"{table} is being changed by too many at once")

    def _moves(
        self, table: str, before: Watermark | None, after: Watermark | None
    ) -> list[tuple[str, Watermark, str | None]]:
        if after is None or after == before:
            return []
        row = self._rows.get(table_key(table), _WATERMARK)
        stored = msgspec.json.decode(row.body, type=Watermark) if row else None
        if stored != before:
            raise WatermarkMoved(
                f"the watermark of {table} is {stored.position if stored else 'not set'}, "
                f"expected {before.position if before else 'none'}"
            )
        history = f"history-{_LAST - after.version:010d}"
        return [(_WATERMARK, after, row.etag if row else None), (history, after, None)]


def _is_open(turn: Turn) -> bool:
    return turn.holder is not None or turn.requested != turn.served or turn.claim is not None
