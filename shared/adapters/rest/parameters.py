"""The span of a read as query parameters, and as a filter of what comes back.

A source may count its filter in or out of the value, and in coarser steps than its values. So the lower end
is asked for one step of `resolution` lower, the upper one step higher, in whole seconds or days; what lies
outside of the span is left out here, by the exact value.
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from shared.catalog import TableSpec
from shared.catalog.rest_spec import IncrementalSpec
from shared.loading.cursor import DAY, SECOND, CursorType
from shared.loading.errors import NullCursor
from shared.loading.span import Span


def span_params(
    spec: TableSpec, incremental: IncrementalSpec, cursor: CursorType, span: Span
) -> tuple[tuple[str, str], ...]:
    """Give the parameters that ask for a span, and at its ends for a little more."""
    params: list[tuple[str, str]] = []
    if span.after is not None:
        params.append((incremental.param, _write(spec, incremental, cursor, span.after, up=False)))
    if span.upto is not None and incremental.until is not None:
        params.append((incremental.until, _write(spec, incremental, cursor, span.upto, up=True)))
    return tuple(params)


def _write(
    spec: TableSpec, incremental: IncrementalSpec, cursor: CursorType, text: str, *, up: bool
) -> str:
    value = cursor.parse(text)
    if cursor.kind == "integer":
        return str(value)
    instant = value * DAY if cursor.kind == "date" else value
    by_day = cursor.kind == "date" or incremental.format == "date"
    unit = DAY if by_day else SECOND
    step = max(incremental.resolution // timedelta(seconds=1) * SECOND, unit)
    moved = instant + step if up else instant - step
    whole = -(-moved // unit) * unit if up else moved // unit * unit
    return _format(spec, incremental, cursor, whole)


def _format(spec: TableSpec, incremental: IncrementalSpec, cursor: CursorType, instant: int) -> str:
    written = CursorType(kind="timestamp", step=SECOND, zoned=False).format(instant)
    match incremental.format:
        case "unix":
            return str(instant // SECOND)
        case "unix_ms":
            return str(instant // (SECOND // 1000))
        case "plain":
            return cursor.format(instant // DAY if cursor.kind == "date" else instant)
        case "date":
            return written.partition(" ")[0]
        case "iso":
            # A column without a zone has the clock that the table file declares, and no other.
            zone = "Z" if cursor.zoned or spec.cursor.clock == "utc" else ""
            day, _, time = written.partition(" ")
            return day if cursor.kind == "date" else f"{day}T{time}{zone}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanFilter:
    """Leaves out of a batch what a span does not hold."""

    spec: TableSpec
    cursor: CursorType
    span: Span

    def keep(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give the rows of the span, and those without a cursor value as the table file says.

        Raises:
            NullCursor: there is one without, and `nulls: fail` is said.
        """
        name = self.spec.cursor.column
        if name is None:
            return batch
        column = batch.column(name)
        if column.null_count and self.spec.nulls == "fail":
            raise NullCursor(f"{self.spec.name} has records without a value in {name}")
        if not column.null_count and self.span == Span():
            return batch
        counts = self._count(column)
        without = self.spec.nulls == "include" and self.span.upto is None
        kept = [without if count is None else self._holds(count) for count in counts]
        return batch if all(kept) else batch.filter(pa.array(kept, pa.bool_()))

    def _holds(self, count: int) -> bool:
        after, upto = self.span.after, self.span.upto
        if after is not None and count <= self.cursor.parse(after):
            return False
        return upto is None or count <= self.cursor.parse(upto)

    def _count(self, column: pa.Array) -> list[int | None]:
        """Count the values in the cursor's own unit."""
        if pa.types.is_string(column.type):
            texts: list[str | None] = column.to_pylist()
            return [None if text is None else self.cursor.parse(text) for text in texts]
        if pa.types.is_timestamp(column.type):
            micros: list[int | None] = column.cast(pa.int64()).to_pylist()
            return [None if each is None else each * (SECOND // 1_000_000) for each in micros]
        if pa.types.is_date32(column.type):
            return column.cast(pa.int32()).to_pylist()
        return pc.cast(column, pa.int64()).to_pylist()
