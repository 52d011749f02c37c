"""Reads one JSON document piece by piece: a list of objects, or one object after another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from shared.files.errors import FileUnreadable
from shared.files.json_records import read_records
from shared.files.rows import Chunk

MOST_OBJECT = 64 * 1024 * 1024
_AT_ONCE = 10_000
# What opens, closes or hides brackets; a string that the buffer cuts off is left for the next one.
_MARK = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]]|"', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*")


@dataclass(slots=True, kw_only=True)
class JsonDocument:
    """Reads one file. `columns` are (name, declared type) pairs, `_rest` not among them; `dropped` are never kept."""

    columns: Sequence[tuple[str, str]]
    blocks: Iterator[bytes]
    dropped: Collection[str] = ()
    _buffer: bytes = b""
    _line: int = 1
    _listed: bool | None = None
    _ended: bool = False

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows, with `_rest` behind their columns. Raises FileUnreadable."""
        found: list[tuple[int, bytes]] = []
        for block in self.blocks:
            self._buffer += block
            for record in self._objects():
                found.append(record)
                if len(found) == _AT_ONCE:
                    yield read_records(found, self.columns, self.dropped)
                    found = []
            if len(self._buffer) > MOST_OBJECT:
                raise FileUnreadable(
                    f"line {self._line}: an object of more than {MOST_OBJECT} bytes"
                )
        if self._buffer.strip() or (self._listed and not self._ended):
            raise FileUnreadable(f"line {self._line}: the document is cut off or no JSON")
        if found:
            yield read_records(found, self.columns, self.dropped)

    def _objects(self) -> Iterator[tuple[int, bytes]]:
        """Take the objects off the front of the buffer that are there to their ends."""
        at = 0
        while True:
            at = self._pass_over(at)
            if at >= len(self._buffer):
                break
            end = self._end_of_object(at)
            if end is None:
                break
            yield self._line, self._buffer[at:end]
            self._line += self._buffer.count(b"\n", at, end)
            at = end
        self._buffer = self._buffer[at:]

    def _pass_over(self, at: int) -> int:
        """Go to where the next object begins, over the brackets of the list."""
        while True:
            match = _BETWEEN.match(self._buffer, at)
            end = match.end() if match else at
            self._line += self._buffer.count(b"\n", at, end)
            at, mark = end, self._buffer[end : end + 1]
            if mark == b"[" and self._listed is None:
                self._listed = True
            elif mark == b"]" and self._listed and not self._ended:
                self._ended = True
            elif mark in (b"", b"{") and not (mark and self._ended):
                if mark and self._listed is None:
                    self._listed = False
                return at
            else:
                raise FileUnreadable(f"line {self._line}: an object was expected")
            at += 1

    def _end_of_object(self, at: int) -> int | None:
        depth = 0
        for match in _MARK.finditer(self._buffer, at):
            mark = match[0]
            if mark in (b"{", b"["):
                depth += 1
            elif mark in (b"}", b"]"):
                depth -= 1
                if not depth:
                    return match.end()
            elif mark == b'"':
                return None
        return None
