"""The part of both lakes that is compared: rows whose cursor lies in a period."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from cli.migration.lake.errors import NotComparable
from shared.loading.cursor import DAY, cursor_type
from shared.loading.errors import CursorUnsound

_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Cursor values from `since` up to, but not including, `until`; None where there is no end.

    A row without a cursor value lies in no period but the whole.
    """

    column: str | None = None
    since: pa.Scalar | None = None
    until: pa.Scalar | None = None

    def mark(self, values: pa.ChunkedArray) -> pa.ChunkedArray | pa.BooleanArray:
        """Mark the cursor values that lie within. Only for a period with an end."""
        within = values.is_valid()
        if self.since is not None:
            within = pc.and_(within, pc.fill_null(pc.greater_equal(values, self.since), False))  # noqa: FBT003 - a value
        if self.until is not None:
            within = pc.and_(within, pc.fill_null(pc.less(values, self.until), False))  # noqa: FBT003 - a value
        return within

    @property
    def is_whole(self) -> bool:
        """Whether it has no end at all."""
        return self.since is None and self.until is None


def read_period(
    column: str | None, kind: pa.DataType | None, since: str | None, until: str | None
) -> Period:
    """Read the ends of a period as values of the cursor, whose type in the comparison is `kind`.

    Raises:
        NotComparable: there is no cursor, or an end is none of its values.
    """
    if since is None and until is None:
        return Period()
    if column is None or kind is None:
        raise NotComparable("the table has no cursor: leave --since and --until out")
    return Period(column=column, since=_value(since, kind), until=_value(until, kind))


def _value(text: str | None, kind: pa.DataType) -> pa.Scalar | None:
    if text is None:
        return None
    try:
        if is_.is_integer(kind) or is_.is_decimal(kind):
            number = cursor_type("integer", resolution=None, zoned=None).parse(text)
            return pa.scalar(number, pa.int64()).cast(kind)
        instant = cursor_type("timestamp", resolution=None, zoned=None).parse(text)
        if is_.is_date32(kind):
            return pa.scalar(instant // DAY, pa.int32()).cast(kind)
        if is_.is_timestamp(kind):
            return pa.scalar(instant // _NANOSECONDS[kind.unit], pa.int64()).cast(kind)
    except (CursorUnsound, pa.ArrowInvalid, OverflowError, ValueError) as error:
        raise NotComparable(f"{text!r} is no value of the cursor: {error}") from error
    raise NotComparable(f"a cursor of type {kind} has no periods: leave --since and --until out")
