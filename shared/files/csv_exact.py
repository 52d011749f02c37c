"""Reads CSV record by record, for the places where nothing may be assumed: slower, and exact.

A quote stands at the edges of a field or, written twice or escaped, within a quoted one; anything
else is malformed, and reading goes on in the next line of the file. Lines end with a line feed, with
or without a carriage return before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.catalog.files_spec import CsvSpec

# A record that is longer is malformed, so that a quote that is never closed swallows no more.
MOST_RECORD = 8 * 1024 * 1024
_UNREADABLE = "a quote within a field, one that is never closed, or a carriage return alone"
_TOO_LONG = f"a line of more than {MOST_RECORD} bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record, `[start, end)` in the buffer. `fields` is None if it is malformed, for a `reason`."""

    start: int
    end: int
    fields: tuple[str | None, ...] | None
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class ExactReader:
    """Cuts buffers into records. `consumed` is up to where the last buffer was read."""

    dialect: CsvSpec
    consumed: int = 0
    # The rest of a line that was too long is still to come.
    skips: bool = False
    _patterns: _Patterns = field(init=False)

    def __post_init__(self) -> None:
        self._patterns = _Patterns(self.dialect)

    def records(self, buffer: bytes, *, last: bool) -> Iterator[Record]:
        """Give the records that are complete; the others, too, of the `last` buffer."""
        at = self.consumed = self._skip(buffer)
        while at < len(buffer):
            record = self._next(buffer, at, last=last)
            if record is None:
                return
            at = self.consumed = record.end
            if buffer[record.start : record.end].strip(b"\r\n"):
                yield record

    def _skip(self, buffer: bytes) -> int:
        if not self.skips:
            return 0
        end = buffer.find(b"\n")
        self.skips = end < 0
        return len(buffer) if end < 0 else end + 1

    def _next(self, buffer: bytes, at: int, *, last: bool) -> Record | None:
        patterns = self._patterns
        found = (patterns.final if last else patterns.record).match(buffer, at)
        if found is not None:
            return self._read(buffer, at, found.end())
        long = len(buffer) - at > MOST_RECORD
        if not last and not long and patterns.partial.match(buffer, at):
            return None
        end = buffer.find(b"\n", at)
        if end < 0:
            if not last and not long:
                return None
            self.skips = not last
            reason = _UNREADABLE if last else _TOO_LONG
            return Record(start=at, end=len(buffer), fields=None, reason=reason)
        return Record(start=at, end=end + 1, fields=None, reason=_UNREADABLE)

    def _read(self, buffer: bytes, at: int, end: int) -> Record:
        try:
            return Record(start=at, end=end, fields=tuple(self._fields(buffer, at, end)))
        except UnicodeDecodeError as error:
            reason = f"not valid text: {error.reason}"
            return Record(start=at, end=end, fields=None, reason=reason)

    def _fields(self, buffer: bytes, at: int, end: int) -> Iterator[str | None]:
        dialect, patterns = self.dialect, self._patterns
        while True:
            found = patterns.field.match(buffer, at, end)
            if found is None:  # the pattern of a record has matched, of which this is the part
                raise AssertionError
            if found[1] is not None:
                yield patterns.unescape(found[1].decode()[1:-1], quoted=True)
            else:
                text = found[2].decode()
                is_null = text == "" or text in dialect.null_texts
                yield None if is_null else patterns.unescape(text, quoted=False)
            at = found.end()
            if buffer[at : at + 1] != patterns.delimiter or at >= end:
                return
            at += 1


class _Patterns:
    """The dialect as regular expressions, none of which goes back over what it has matched."""

    def __init__(self, dialect: CsvSpec) -> None:
        self.delimiter = dialect.delimiter.encode()
        self._quote, self._escape = dialect.quote, dialect.escape
        delimiter = re.escape(self.delimiter)
        quote = re.escape((dialect.quote or "").encode())
        escape = re.escape((dialect.escape or "").encode())
        escaped = rb"|" + escape + rb"(?s:.)" if escape else b""
        twice = rb"|" + quote * 2 if quote and not escape else b""
        inside = rb"(?:[^" + quote + escape + rb"]" + twice + escaped + rb")*+"
        plain = rb"(?:[^\r\n" + delimiter + quote + escape + rb"]" + escaped + rb")*+"
        quoted = quote + inside + quote if quote else rb"(?!)"
        one = rb"(?>" + quoted + rb"|" + plain + rb")"
        fields = one + rb"(?:" + delimiter + one + rb")*+"
        open_field = quote + inside if quote else rb"(?!)"
        self.record = re.compile(fields + rb"\r?\n")
        self.final = re.compile(fields + rb"(?:\r?\n|\r?\Z)")
        self.partial = re.compile(
            rb"(?:"
            + one
            + delimiter
            + rb")*+(?:"
            + open_field
            + rb"|"
            + one
            + rb")\r?"
            + (escape + rb"?" if escape else b"")
            + rb"\Z"
        )
        self.field = re.compile(rb"(?>(" + quoted + rb")|(" + plain + rb"))")

    def unescape(self, text: str, *, quoted: bool) -> str:
        """Undo what the dialect does to a field's characters."""
        if self._escape is not None:
            return re.sub(re.escape(self._escape) + r"(.)", r"\1", text, flags=re.DOTALL)
        if quoted and self._quote is not None:
            return text.replace(self._quote * 2, self._quote)
        return text
