"""Rows as every format gives them: columns of text or of their types, where each row stands, what is malformed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

# Of a malformed row so many characters are kept.
LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A row that could not be read: the line that it begins in, why, and its text cut to a bound."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows of a file in its order. `lines` are int64, counted from 1.

    `raw` gives the bytes of one of the rows as they stand in the file, by its number in the chunk.
    """

    rows: pa.RecordBatch
    lines: pa.Array
    raw: Callable[[int], bytes]
    malformed: tuple[Malformed, ...] = ()


def malformed_row(line: int, reason: str, raw: bytes) -> Malformed:
    """Describe a malformed row; bytes that are no text are shown as such."""
    text = raw[: 4 * LONGEST_TEXT].decode("utf-8", "replace").rstrip("\r\n")
    return Malformed(line=line, reason=reason, text=text[:LONGEST_TEXT])
