"""Windows: how a backfill's period is cut into pieces that are read and landed one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from shared.loading.cursor import DAY, SECOND, CursorType
from shared.loading.errors import BadOrder, CursorUnsound
from shared.loading.span import Span

MOST_WINDOWS = 10_000
_DURATION = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Cursor values from `start` (inclusive) to `end` (exclusive), as the source's text."""

    start: str
    end: str

    def span(self, cursor: CursorType) -> Span:
        """Say the same as greater than and up to, one step below on both sides."""
        return Span(after=step_below(self.start, cursor), upto=step_below(self.end, cursor))


def cut_windows(cursor: CursorType, *, start: str, end: str, window: str) -> tuple[Window, ...]:
    """Tile `[start, end)` with windows of one size, oldest first; the last may be shorter.

    `window` is a duration (`12h`, `7d`) for timestamps and dates, a count for integers.

    Raises:
        BadOrder: the period is empty, the size is no multiple of the cursor's step, or the
            number of windows passes MOST_WINDOWS.
    """
    first, last = _parse(cursor, start, "from"), _parse(cursor, end, "to")
    if first >= last:
        raise BadOrder(f"from: {start} is not before to: {end}")
    # An edge between two values that the column can hold stands for the next of them.
    low, high = _ceiling(cursor, first), _ceiling(cursor, last)
    size = window_size(cursor, window)
    count = -(-(high - low) // size)
    if count > MOST_WINDOWS:
        raise BadOrder(f"window: {window} makes {count} windows; the most is {MOST_WINDOWS}")
    edges = [*range(low, high, size), high]
    texts = [cursor.format(edge) for edge in edges]
    return tuple(Window(start=a, end=b) for a, b in pairwise(texts))


def window_size(cursor: CursorType, window: str) -> int:
    """Count a window's size in the cursor's own unit. Raises BadOrder if it does not fit it."""
    if cursor.counts:
        if not re.fullmatch(r"[1-9]\d*", window):
            raise BadOrder(
                f"window: {window!r} must be a whole number, as the cursor is of kind {cursor.kind}"
            )
        return int(window)
    match = _DURATION.fullmatch(window)
    if match is None or int(match[1]) == 0:
        raise BadOrder(f"window: {window!r} must be a duration such as 12h or 7d")
    size = int(match[1]) * _UNITS[match[2]]
    unit = DAY if cursor.kind == "date" else cursor.step
    if size % unit:
        raise BadOrder(f"window: {window} is finer than the cursor column")
    return size // unit if cursor.kind == "date" else size


def default_window(cursor: CursorType, rows: int) -> str:
    """Choose a window where the order names none: a day, or as many integers as a slice has rows."""
    return str(rows) if cursor.counts else "1d"


def _ceiling(cursor: CursorType, value: int) -> int:
    return -(-value // cursor.step) * cursor.step


def _parse(cursor: CursorType, text: str, name: str) -> int:
    try:
        return cursor.parse(text)
    except CursorUnsound as error:
        raise BadOrder(f"{name}: {error}") from error


def step_below(text: str, cursor: CursorType) -> str:
    """Give the value before a value that the cursor's column can hold."""
    return cursor.format(cursor.parse(text) - cursor.step)
