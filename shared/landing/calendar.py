"""Dates and timestamps floored to the month or year in which they lie, over the whole range that lands.

Arrow's own rounding counts years in 16 bits, and PostgreSQL's dates reach year 5874897. Days repeat, so
that each is worked out once, by the proleptic Gregorian calendar in which both sides count.
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from shared.catalog.column_spec import MaskUnit

_EPOCH = date(1970, 1, 1).toordinal()
# The calendar repeats after 400 years, which have this many days.
_CYCLE = 146_097
_CYCLE_YEARS_FROM = date(2000, 1, 1).toordinal()
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def floor_days(column: pa.Array, unit: MaskUnit) -> pa.Array:
    """Give the first day, or its midnight, of the `unit` in which each value lies; in UTC if it has a zone."""
    kind = column.type
    if pa.types.is_date32(kind):
        return _floor(column.view(pa.int32()), unit).cast(pa.int32()).view(kind)
    per_day = pa.scalar(_PER_DAY[kind.unit], pa.int64())
    counts = column.view(pa.int64())
    whole = pc.divide(counts, per_day)
    # Division rounds towards zero; before 1970 the day began one earlier.
    early = pc.less(pc.subtract(counts, pc.multiply(whole, per_day)), pa.scalar(0, pa.int64()))
    days = pc.subtract(whole, early.cast(pa.int64()))
    return pc.multiply(_floor(days, unit), per_day).view(kind)


def _floor(days: pa.Array, unit: MaskUnit) -> pa.Array:
    if unit == "day":
        return days.cast(pa.int64())
    coded = days.dictionary_encode()
    floored = [_first_day(day, unit) for day in coded.dictionary.to_pylist()]
    return pa.array(floored, pa.int64()).take(coded.indices)


def _first_day(day: int, unit: MaskUnit) -> int:
    cycles, within = divmod(day + _EPOCH - _CYCLE_YEARS_FROM, _CYCLE)
    like = date.fromordinal(within + _CYCLE_YEARS_FROM)
    first = like.replace(day=1) if unit == "month" else like.replace(month=1, day=1)
    return first.toordinal() - _EPOCH + cycles * _CYCLE
