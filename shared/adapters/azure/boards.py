"""The board of incidents in Table Storage, and how fresh tables are.

The board is one row, packed, as thousands of tables may fail at once: 2,000 open incidents are 1.9 MB of
JSON and 108,000 characters packed, 0.1 s of work; a row holds half a million. The partition `fresh`
has a row for each table.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping

import msgspec

from shared.adapters.azure.entities import Entities
from shared.alerting.board import Board
from shared.loading.decoding import prepare
from shared.loading.errors import StateUnavailable
from shared.loading.order import table_key, table_of_key
from shared.operations.freshness import Fresh

prepare(Board, Fresh)

_BOARD, _FRESH = "board", "fresh"


class AzureBoards:
    """Implements `shared.alerting.board.Boards`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def read(self) -> Board:
        """Give the board; an empty one at first."""
        row = self._rows.get(_BOARD, _BOARD)
        return _unpack(msgspec.json.decode(row.body, type=str)) if row else Board()

    def change(self, step: Callable[[Board], Board]) -> Board:
        """Apply a pure step by compare-and-set. A step that changes nothing writes nothing."""
        after = Board()

        def packed(text: str) -> str:
            nonlocal after
            before = _unpack(text)
            after = step(before)
            return text if after == before else _pack(after)

        if self._rows.change(_BOARD, _BOARD, str, "", packed) is None:
            raise StateUnavailable("the board of incidents could not be read")
        return after


class AzureFreshness:
    """Implements `shared.operations.freshness.Freshness`."""

    def __init__(self, rows: Entities) -> None:
        self._rows = rows

    def read(self) -> Mapping[str, Fresh]:
        """Give all tables that are known, a thousand a request."""
        return {
            table_of_key(row.key): msgspec.json.decode(row.body, type=Fresh)
            for row in self._rows.range(_FRESH, page=1000)
        }

    def write(self, found: Mapping[str, Fresh]) -> None:
        """Write tables down, a hundred a request."""
        self._rows.put_all(_FRESH, [(table_key(name), fresh) for name, fresh in found.items()])


def _pack(board: Board) -> str:
    return base64.b64encode(zlib.compress(msgspec.json.encode(board), 6)).decode()


def _unpack(text: str) -> Board:
    if not text:
        return Board()
    return msgspec.json.decode(zlib.decompress(base64.b64decode(text)), type=Board)
