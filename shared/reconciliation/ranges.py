"""The range of a slice: values of the first key column, on the lake's side."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.loading.cursor import SECOND, cursor_type
from shared.loading.span import Span

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """Values of a column greater than `after`, up to and including `upto`; None leaves a side open."""

    name: str
    after: pa.Scalar | None
    upto: pa.Scalar | None

    def select(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give the rows that lie in the range; NULL lies in the first."""
        column = batch.column(self.name)
        if self.after is not None:
            inside = pc.greater(column, self.after)
            batch = batch if _all(inside) else batch.filter(inside)
            column = batch.column(self.name)
        if self.upto is None:
            return batch
        inside = pc.fill_null(pc.less_equal(column, self.upto), self.after is None)
        return batch if _all(inside) else batch.filter(inside)

    def touches(self, group: pq.RowGroupMetaData, column: int) -> bool:
        """Say whether a row group may hold rows of the range, as far as its statistics tell."""
        seen = group.column(column).statistics
        edge = self.upto if self.after is None else self.after
        if edge is None or seen is None or not seen.has_min_max:
            return True
        low, high = _scalar(seen.min, edge.type), _scalar(seen.max, edge.type)
        if low is None or high is None or (self.after is None and seen.null_count):
            return True
        above = self.after is None or pc.greater(high, self.after).as_py()
        below = self.upto is None or pc.less_equal(low, self.upto).as_py()
        return bool(above and below)


def key_range(span: Span, field: pa.Field) -> KeyRange:
    """Give the range of a slice's span in the type in which the first key column lands."""
    return KeyRange(
        name=field.name, after=_parse(span.after, field.type), upto=_parse(span.upto, field.type)
    )


def _all(marks: pa.Array) -> bool:
    return bool(pc.all(pc.fill_null(marks, False), min_count=0).as_py())  # noqa: FBT003 - Arrow takes it by position only


def _parse(text: str | None, kind: pa.DataType) -> pa.Scalar | None:
    """Read the source's text of a value as exactly the value that lands."""
    if text is None:
        return None
    if pa.types.is_integer(kind):
        return pa.scalar(int(text), kind)
    if pa.types.is_decimal(kind):
        return pa.scalar(Decimal(text), kind)
    if pa.types.is_date32(kind):
        days = cursor_type("date", resolution=None, zoned=None).parse(text)
        return pa.scalar(days, pa.int32()).cast(kind)
    if pa.types.is_timestamp(kind):
        instant = cursor_type("timestamp", resolution=None, zoned=None).parse(text)
        return pa.scalar(instant // (SECOND // _PER_SECOND[kind.unit]), pa.int64()).cast(kind)
    return pa.scalar(text, kind)


def _scalar(value: Any, kind: pa.DataType) -> pa.Scalar | None:
    """Give a statistic in the column's type, None where it does not fit: it then tells nothing."""
    try:
        return pa.scalar(value, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return None
