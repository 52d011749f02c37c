"""Reads CSV in blocks of whole records: Arrow parses what is proven to be regular, the exact reader the rest."""

# Arrow's stubs lag behind its readers.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

from shared.catalog.files_spec import CsvSpec
from shared.files.csv_exact import MOST_RECORD, ExactReader, Record
from shared.files.errors import FileUnreadable
from shared.files.rows import Chunk, Malformed, malformed_row

_NEWLINE, _RETURN = 10, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """A buffer cut into records: where each begins and ends, and the line that it begins in, from 0."""

    body: bytes
    starts: Any
    ends: Any
    lines: Any


@dataclass(slots=True, kw_only=True)
class CsvReader:
    """Reads one file. `names` are those of its columns, found in its first record if it has a header."""

    dialect: CsvSpec
    blocks: Iterator[bytes]
    names: tuple[str, ...] = ()
    _carry: bytes = b""
    _line: int = 1
    _exact: ExactReader = field(init=False)

    def __post_init__(self) -> None:
        self._exact = ExactReader(dialect=self.dialect)

    def read_header(self) -> tuple[str, ...]:
        """Read the first record as the names of the columns. Raises FileUnreadable; empty for an empty file."""
        while True:
            block = next(self.blocks, None)
            self._carry += block or b""
            record = next(self._exact.records(self._carry, last=block is None), None)
            if record is not None:
                break
            if block is None:
                return ()
        if record.fields is None:
            raise FileUnreadable(f"its first line names no columns: {record.reason}")
        self._line += self._carry.count(b"\n", 0, record.end)
        self._carry = self._carry[record.end :]
        self.names = tuple(name or "" for name in record.fields)
        if "" in self.names or len(set(self.names)) < len(self.names):
            raise FileUnreadable("its first line has a column without a name, or one name twice")
        return self.names

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows, every column as text."""
        for block in self.blocks:
            buffer = self._carry + block
            chunk, done = self._read(buffer)
            self._line += buffer.count(b"\n", 0, done)
            self._carry = buffer[done:]
            if chunk is not None:
                yield chunk
        buffer, self._carry = self._carry, b""
        if buffer:
            yield self._read_exactly(buffer, last=True)

    def _read(self, buffer: bytes) -> tuple[Chunk | None, int]:
        frame = None if self._exact.skips else cut_frame(buffer, self.dialect)
        if frame is None or (not len(frame.body) and len(buffer) > MOST_RECORD):
            chunk = self._read_exactly(buffer, last=False)
            return chunk, self._exact.consumed
        if not len(frame.starts):
            return None, len(frame.body)
        chunk = self._parse(frame)
        if chunk is None:
            # They disagree on where records end: the exact reader has the last word.
            return self._read_exactly(buffer, last=False), self._exact.consumed
        return chunk, len(frame.body)

    def _parse(self, frame: _Frame) -> Chunk | None:
        """Let Arrow parse a regular buffer; None if it finds other rows than were cut."""
        wrong: list[Any] = []

        def skip(row: Any) -> str:
            wrong.append(row)
            return "skip"

        table = pv.read_csv(
            pa.BufferReader(frame.body),
            read_options=pv.ReadOptions(
                use_threads=False, block_size=len(frame.body) + 1, column_names=list(self.names)
            ),
            parse_options=_parse_options(self.dialect, skip),
            convert_options=pv.ConvertOptions(
                check_utf8=False,  # the whole buffer was
                column_types=dict.fromkeys(self.names, pa.string()),
                null_values=["", *self.dialect.null_texts],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        if table.num_rows + len(wrong) != len(frame.starts):
            return None
        return self._place(frame, table, wrong)

    def _place(self, frame: _Frame, table: pa.Table, wrong: Sequence[Any]) -> Chunk:
        """Say where each row stands; `wrong` are those with another number of fields."""
        lines, starts, ends = frame.lines + self._line, frame.starts, frame.ends
        numbers = [row.number - 1 for row in wrong]
        malformed = tuple(
            malformed_row(
                int(lines[number]),
                _count(row.actual_columns, len(self.names)),
                frame.body[starts[number] : ends[number]],
            )
            for row, number in zip(wrong, numbers, strict=True)
        )
        if wrong:
            kept = np.delete(np.arange(len(starts)), numbers)
            lines, starts, ends = lines[kept], starts[kept], ends[kept]
        return Chunk(
            rows=_one_batch(table),
            lines=pa.array(lines, pa.int64()),
            raw=lambda number: frame.body[starts[number] : ends[number]],
            malformed=malformed,
        )

    def _read_exactly(self, buffer: bytes, *, last: bool) -> Chunk:
        good: list[Record] = []
        lines: list[int] = []
        malformed: list[Malformed] = []
        line, at = self._line, 0
        for record in self._exact.records(buffer, last=last):
            line, at = line + buffer.count(b"\n", at, record.start), record.start
            reason = record.reason
            if record.fields is not None and len(record.fields) != len(self.names):
                reason = _count(len(record.fields), len(self.names))
            if reason:
                raw = buffer[record.start : record.end]
                malformed.append(malformed_row(line, reason, raw))
            else:
                good.append(record)
                lines.append(line)
        columns = zip(*(record.fields or () for record in good), strict=True) if good else ()
        arrays = [pa.array(column, pa.string()) for column in columns]
        schema = pa.schema([(name, pa.string()) for name in self.names])
        rows = pa.RecordBatch.from_arrays(arrays, schema=schema) if good else _no_rows(schema)
        return Chunk(
            rows=rows,
            lines=pa.array(lines, pa.int64()),
            raw=lambda number: buffer[good[number].start : good[number].end],
            malformed=tuple(malformed),
        )


def cut_frame(buffer: bytes, dialect: CsvSpec) -> _Frame | None:
    """Cut the whole records off the front of a buffer; None if it is not regular.

    Regular is a buffer of valid UTF-8 in which every second quote, from the first on, opens a field
    or follows the quote before it, and the others close one or stand before another. Then an even
    number of quotes before a place says that it is outside of them, whatever the fields hold.
    """
    if dialect.escape is not None and dialect.escape.encode() in buffer:
        return None
    held = np.frombuffer(buffer, np.uint8)
    newlines = np.flatnonzero(held == _NEWLINE)
    quotes = _quotes(buffer, held, dialect)
    if not _is_regular(held, quotes, dialect):
        return None
    ends = newlines
    if len(quotes):
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    body = buffer[: int(ends[-1]) + 1] if len(ends) else b""
    if not _is_text(body) or not _ends_lines(held[: len(body)], quotes):
        return None
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    lines = np.arange(len(starts))
    if len(quotes):
        lines = np.searchsorted(newlines, starts)
    # A line without anything in it is no record.
    length = ends - starts
    empty = (length == 0) | ((length == 1) & (held[starts] == _RETURN))
    if empty.any():
        starts, ends, lines = starts[~empty], ends[~empty], lines[~empty]
    return _Frame(body=body, starts=starts, ends=ends, lines=lines)


def _quotes(buffer: bytes, held: Any, dialect: CsvSpec) -> Any:
    if dialect.quote is None or dialect.quote.encode() not in buffer:
        return np.empty(0, np.int64)
    return np.flatnonzero(held == ord(dialect.quote))


def _is_regular(held: Any, quotes: Any, dialect: CsvSpec) -> bool:
    """Say whether each quote stands where one may open or close a field."""
    if not len(quotes):
        return True
    opening, closing = quotes[::2], quotes[1::2]
    edges = (_NEWLINE, ord(dialect.delimiter))
    paired = opening[1:] == closing[: len(opening) - 1] + 1
    if dialect.escape is not None and paired.any():
        return False
    opens = np.isin(held[np.maximum(opening - 1, 0)], edges) | (opening == 0)
    opens[1:] |= paired
    after = held[np.minimum(closing + 1, len(held) - 1)]
    closes = np.isin(after, (*edges, _RETURN)) | (closing == len(held) - 1)
    closes[: len(paired)] |= paired
    return bool(opens.all() and closes.all())


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ends_lines(held: Any, quotes: Any) -> bool:
    """Say whether every carriage return outside of quotes stands before a line feed."""
    returns = np.flatnonzero(held == _RETURN)
    if len(quotes) and len(returns):
        returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
    return not len(returns) or bool((held[returns + 1] == _NEWLINE).all())


def _parse_options(dialect: CsvSpec, skip: Any) -> pv.ParseOptions:
    return pv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char=dialect.quote or False,
        double_quote=dialect.escape is None,
        escape_char=False,
        newlines_in_values=True,
        ignore_empty_lines=True,
        invalid_row_handler=skip,
    )


def _count(found: int, wanted: int) -> str:
    return f"{found} fields instead of {wanted}"


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else _no_rows(table.schema)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], each.type) for each in schema], schema=schema)
