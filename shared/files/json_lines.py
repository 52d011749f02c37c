"""Reads JSON lines: Arrow parses blocks of which every line is as declared, the exact reader the others."""

# Arrow's stubs lag behind its readers.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from shared.files.columns import REST
from shared.files.csv_exact import MOST_RECORD
from shared.files.json_records import read_records
from shared.files.rows import Chunk, malformed_row
from shared.files.typed import arrow_type

_NEWLINE, _RETURN, _OPEN, _CLOSE = 10, 13, ord("{"), ord("}")
# What Arrow reads as JSON itself; other types are texts in JSON.
_PLAIN = ("integer", "double", "boolean")
# A block that is not as declared is cut into so many, down to so few rows.
_PARTS, _EXACT_ROWS = 16, 64
# No JSON, and yet read as numbers.
_NO_NUMBERS = (b"NaN", b"Inf")


@dataclass(slots=True, kw_only=True)
class JsonLines:
    """Reads one file. `columns` are (name, declared type) pairs, `_rest` not among them; `dropped` are never kept."""

    columns: Sequence[tuple[str, str]]
    blocks: Iterator[bytes]
    dropped: Collection[str] = ()
    _carry: bytes = b""
    _line: int = 1
    _skips: bool = False

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows, with `_rest` behind their columns."""
        for block in self.blocks:
            buffer = self._after_skipped(self._carry + block)
            end = buffer.rfind(b"\n") + 1
            if end:
                yield from self._read(buffer[:end], self._line)
                self._line += buffer.count(b"\n", 0, end)
            self._carry = buffer[end:]
            if len(self._carry) > MOST_RECORD:
                yield self._too_long()
        if self._carry.strip():
            yield from self._read(self._carry, self._line)
        self._carry = b""

    def _after_skipped(self, buffer: bytes) -> bytes:
        """Drop what is left of a line that was too long."""
        if not self._skips:
            return buffer
        end = buffer.find(b"\n") + 1
        self._skips = not end
        self._line += bool(end)
        return buffer[end:] if end else b""

    def _too_long(self) -> Chunk:
        reason = f"a line of more than {MOST_RECORD} bytes"
        malformed = (malformed_row(self._line, reason, self._carry),)
        self._carry, self._skips = b"", True
        none = read_records([], self.columns, self.dropped)
        return Chunk(rows=none.rows, lines=none.lines, raw=none.raw, malformed=malformed)

    def _read(self, body: bytes, first: int) -> Iterator[Chunk]:
        """Read whole lines, of which the first has this number."""
        held = np.frombuffer(body, np.uint8)
        ends = np.append(np.flatnonzero(held == _NEWLINE), [] if body[-1:] == b"\n" else len(body))
        ends = ends.astype(np.int64)
        starts = np.concatenate(([0], ends[:-1] + 1))
        lines = np.arange(len(starts)) + first
        closing = ends - 1
        closing = closing - (held[np.maximum(closing, 0)] == _RETURN)
        kept = closing >= starts
        starts, closing, ends, lines = starts[kept], closing[kept], ends[kept], lines[kept]
        regular = bool(
            len(starts) and (held[starts] == _OPEN).all() and (held[closing] == _CLOSE).all()
        )
        if regular and (rows := self._parse(body, len(starts))) is not None:
            yield Chunk(
                rows=rows,
                lines=pa.array(lines, pa.int64()),
                raw=lambda number: body[starts[number] : ends[number]],
            )
            return
        lined = list(zip(lines.tolist(), starts.tolist(), ends.tolist(), strict=True))
        if len(lined) > _EXACT_ROWS:
            # Where a few lines are not as declared, only those around them are read slowly.
            step = -(-len(lined) // _PARTS)
            for begin in range(0, len(lined), step):
                some = lined[begin : begin + step]
                yield from self._read(body[some[0][1] : some[-1][2]], some[0][0])
        else:
            records = [(line, body[start:end]) for line, start, end in lined]
            yield read_records(records, self.columns, self.dropped)

    def _parse(self, body: bytes, count: int) -> pa.RecordBatch | None:
        """Let Arrow parse lines that each begin and end as an object; None if one is not as declared."""
        if any(word in body for word in _NO_NUMBERS):
            return None
        fields = [
            pa.field(name, arrow_type(declared) if declared in _PLAIN else pa.string())
            for name, declared in self.columns
        ]
        try:
            body.decode()
            table = pj.read_json(
                pa.BufferReader(body),
                read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
                parse_options=pj.ParseOptions(
                    explicit_schema=pa.schema(fields), unexpected_field_behavior="error"
                ),
            )
        except (pa.ArrowInvalid, UnicodeDecodeError):
            return None
        if table.num_rows != count:
            return None
        [batch] = table.combine_chunks().to_batches()
        return batch.append_column(REST, pa.nulls(count, pa.string()))
