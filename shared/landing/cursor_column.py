"""The cursor column of a batch, counted in the cursor's own unit without leaving Arrow."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.loading.cursor import SECOND, CursorType
from shared.loading.plan import LoadPlan

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(slots=True)
class Range:
    """The lowest and highest cursor value of a file, None while there was none."""

    low: int | None = None
    high: int | None = None

    def take(self, low: int, high: int) -> None:
        """Widen the range."""
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorColumn:
    """Finds and counts the cursor column of a plan's batches."""

    name: str
    cursor: CursorType

    def above(self, batch: pa.RecordBatch, position: str) -> pa.Array | None:
        """Mark the rows above a position given as the source's text; None if there is none."""
        column = self._ordered(batch)
        unit = _unit(self._column(batch).type)
        limit = _limit(self.cursor, self.cursor.parse(position) // unit, column.type)
        above = pc.fill_null(pc.greater(column, limit), False)  # noqa: FBT003 - Arrow takes it by position only
        return above if pc.any(above).as_py() else None

    def missing(self, batch: pa.RecordBatch) -> pa.Array | None:
        """Mark the rows without a value; None if there is none."""
        column = self._column(batch)
        return column.is_null() if column.null_count else None

    def widen(self, seen: Range, batch: pa.RecordBatch) -> None:
        """Take the batch's lowest and highest value into a range."""
        column = self._ordered(batch)
        if column.null_count == len(column):
            return
        extremes = pc.min_max(column).as_py()
        unit = _unit(self._column(batch).type)
        low, high = (_count(self.cursor, extremes[end], unit) for end in ("min", "max"))
        seen.take(low, high)

    def text(self, value: int | None) -> str | None:
        """Write a counted value as the source would."""
        return None if value is None else self.cursor.format(value)

    def _column(self, batch: pa.RecordBatch) -> pa.Array:
        return batch.column(batch.schema.get_field_index(self.name))

    def _ordered(self, batch: pa.RecordBatch) -> pa.Array:
        """Give the column in a form whose order is that of the cursor."""
        column = self._column(batch)
        if pa.types.is_timestamp(column.type):
            return column.cast(pa.int64())
        if pa.types.is_date32(column.type):
            return column.cast(pa.int32())
        if pa.types.is_fixed_size_binary(column.type):
            return column.cast(pa.binary())
        if pa.types.is_string(column.type) and self.cursor.zoned:
            # Texts with different offsets do not order as the instants that they name.
            texts: list[str | None] = column.to_pylist()
            counts = [None if text is None else self.cursor.parse(text) for text in texts]
            return pa.array(counts, pa.decimal128(38, 0))
        return column


def cursor_column(plan: LoadPlan) -> CursorColumn | None:
    """Give the plan's cursor column, None if the table has none."""
    if plan.cursor is None or plan.spec.cursor.column is None:
        return None
    return CursorColumn(name=plan.spec.cursor.column, cursor=plan.cursor)


def _limit(cursor: CursorType, value: int, kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_decimal(kind):
        return pa.scalar(Decimal(value), pa.decimal256(76, 0))
    if pa.types.is_binary(kind):
        return pa.scalar(value.to_bytes(8, "big"), kind)
    if pa.types.is_string(kind):
        # Of one column's texts all have the same digits, so that they order as their values do.
        return pa.scalar(cursor.format(value), kind)
    if not -(2**63) <= value < 2**63:
        # A watermark set by hand may lie beyond every value of the column.
        return pa.scalar(Decimal(value), pa.decimal256(76, 0))
    return pa.scalar(value, pa.int64())


def _count(cursor: CursorType, extreme: Any, unit: int) -> int:
    if isinstance(extreme, bytes):
        return int.from_bytes(extreme, "big")
    return cursor.parse(extreme) if isinstance(extreme, str) else int(extreme) * unit


def _unit(kind: pa.DataType) -> int:
    """How many of the cursor's units (nanoseconds, days, ones) one number of the column counts."""
    return SECOND // _PER_SECOND[kind.unit] if pa.types.is_timestamp(kind) else 1
