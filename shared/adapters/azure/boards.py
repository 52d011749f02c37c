"""The board of incidents in Table Storage: one row, packed, as thousands of tables may fail at once.

2,000 open incidents are some 1.5 MB of JSON and 60 kB packed; a row holds a million bytes.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable

import msgspec

from shared.adapters.azure.entities import Entities
from shared.alerting.board import Board
from shared.loading.decoding import prepare
from shared.loading.errors import StateUnavailable

prepare(Board)

_BOARD = "board"


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


def _pack(board: Board) -> str:
    return base64.b64encode(zlib.compress(msgspec.json.encode(board), 6)).decode()


def _unpack(text: str) -> Board:
    if not text:
        return Board()
    return msgspec.json.decode(zlib.decompress(base64.b64decode(text)), type=Board)
