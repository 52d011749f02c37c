"""Cursor values: exact text outside, integers inside, so that they can be compared and stepped.

A timestamp is counted in nanoseconds and a date in days, both of the proleptic Gregorian calendar
from 1970-01-01; neither passes through a Python datetime, which ends at year 9999 and at microseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.loading.errors import CursorUnsound

Kind = Literal["timestamp", "date", "integer", "rowversion", "change_tracking"]
# Kinds whose values are plain counts, without a calendar.
_COUNTS: tuple[Kind, ...] = ("integer", "rowversion", "change_tracking")

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
_EPOCH = date(1970, 1, 1).toordinal()
_VERSION_DIGITS = 16
# Versions of change tracking are a bigint.
_LAST_VERSION = 2**63 - 1
_TIMESTAMP = re.compile(
    r"(?P<date>\d{4,}-\d\d-\d\d)(?:[ T](?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?)? ?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorType:
    """How a column's values are counted: `step` is its resolution in the kind's own unit.

    The unit is one nanosecond for a timestamp, one day for a date, one for the kinds
    that count.
    `open_unit` is how far a stored value may lie from the instant that was stored, where that is
    more than a step.
    """

    kind: Kind
    step: int
    zoned: bool
    open_unit: int = 0

    @property
    def counts(self) -> bool:
        """Whether its values are plain counts, without a calendar."""
        return self.kind in _COUNTS

    def parse(self, text: str) -> int:
        """Count a value given as the source's text. Raises CursorUnsound if it is not of the kind."""
        match self.kind:
            case "integer":
                return _parse_integer(text)
            case "change_tracking":
                return _parse_version(text)
            case "rowversion":
                return _parse_rowversion(text)
            case "date":
                return _parse_timestamp(text) // DAY
            case "timestamp":
                return _parse_timestamp(text)

    def format(self, value: int) -> str:
        """Write a value as text that the source reads back as the very same value."""
        match self.kind:
            case "integer" | "change_tracking":
                return str(value)
            case "rowversion":
                return f"0x{value:0{_VERSION_DIGITS}X}"
            case "date":
                return _format_day(value)
            case "timestamp":
                return _format_timestamp(value, self.step) + ("+00" if self.zoned else "")

    def resume(self, position: str) -> str:
        """Give the position to read above, where `position` may have been written for a finer column.

        A column that was made coarser has rounded its values: one that lay above the position can lie
        at or below it now. One step is read again then; a position of this very type stays as it is.
        """
        match = _TIMESTAMP.fullmatch(position.strip())
        if self.counts or match is None:
            return position
        if self.kind == "date":
            return position if match["hour"] is None else self.format(self.parse(position) - 1)
        if len(match["fraction"] or "") <= _digits(self.step):
            return position
        return self.format(self.floor(self.parse(position)) - max(self.step, self.open_unit))

    def floor(self, nanoseconds: int) -> int:
        """Take an instant, in nanoseconds, down to this type's last full step at or before it."""
        if self.kind == "date":
            return nanoseconds // DAY
        return nanoseconds - nanoseconds % self.step


def cursor_type(
    kind: str, *, resolution: str | None, zoned: bool | None, open_unit: str | None = None
) -> CursorType:
    """Build the type for a catalog `watermark.kind` and what the source says of the column.

    `resolution` and `open_unit` are decimal texts in seconds, for timestamps only.
    """
    match kind:
        case "integer" | "rowversion" | "change_tracking" | "date":
            return CursorType(kind=kind, step=1, zoned=False)
        case "timestamp":
            step = _nanoseconds(resolution or "0.000001")
            unit = _nanoseconds(open_unit or "0")
            return CursorType(kind="timestamp", step=step, zoned=bool(zoned), open_unit=unit)
        case _:
            raise CursorUnsound(f"watermark kind {kind!r} has no cursor values")


def names_zone(text: str) -> bool:
    """Say whether a timestamp's text carries a time zone."""
    match = _TIMESTAMP.fullmatch(text.strip())
    return match is not None and match["zone"] is not None


def parse_clock(text: str) -> int:
    """Count a source's clock, ISO 8601 in UTC, in nanoseconds."""
    return _parse_timestamp(text)


def _parse_integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise CursorUnsound(f"{text!r} is not an integer")
    return int(text)


def _parse_version(text: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text) or int(text) > _LAST_VERSION:
        raise CursorUnsound(f"{text!r} is not a version of change tracking: a whole number")
    return int(text)


def _parse_rowversion(text: str) -> int:
    if not re.fullmatch(rf"0x[0-9A-Fa-f]{{{_VERSION_DIGITS}}}", text):
        raise CursorUnsound(f"{text!r} is not a rowversion: 0x and {_VERSION_DIGITS} hex digits")
    return int(text, 16)


def _parse_timestamp(text: str) -> int:
    match = _TIMESTAMP.fullmatch(text.strip())
    if match is None:
        raise CursorUnsound(f"{text!r} is not a date or time in ISO form")
    part = match.groupdict()
    clock = [int(part[name] or 0) for name in ("hour", "minute", "second")]
    if clock[0] > 24 or clock[1] > 59 or clock[2] > 60:  # noqa: PLR2004 - of a clock
        raise CursorUnsound(f"{text!r} is not a time of day")
    seconds = _count_days(part["date"]) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    fraction = int((part["fraction"] or "0").ljust(9, "0"))
    return (seconds - _offset_seconds(part["zone"])) * SECOND + fraction


def _offset_seconds(zone: str | None) -> int:
    if zone in (None, "Z"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone.startswith("-") else seconds


def _count_days(text: str) -> int:
    year, month, day = text.rsplit("-", 2)
    # 400 Gregorian years are 146,097 days: reduce, so that years past 9999 count as well.
    cycles, rest = divmod(int(year) - 1, 400)
    try:
        return date(rest + 1, int(month), int(day)).toordinal() + cycles * 146_097 - _EPOCH
    except ValueError as error:
        raise CursorUnsound(f"{text!r} is not a date: {error}") from error


def _format_day(days: int) -> str:
    cycles, rest = divmod(days + _EPOCH - 1, 146_097)
    day = date.fromordinal(rest + 1)
    return f"{day.year + 400 * cycles:04d}-{day.month:02d}-{day.day:02d}"


def _format_timestamp(value: int, step: int) -> str:
    days, within = divmod(value, DAY)
    seconds, fraction = divmod(within, SECOND)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    digits = _digits(step)
    tail = f".{fraction:09d}"[: digits + 1] if digits else ""
    return f"{_format_day(days)} {clock}{tail}"


def _digits(step: int) -> int:
    """Give the digits of a second that a step in nanoseconds is written with."""
    return 9 - (len(str(step)) - 1) if step < SECOND else 0


def _nanoseconds(resolution: str) -> int:
    whole, _, fraction = resolution.partition(".")
    return int(whole) * SECOND + int(fraction.ljust(9, "0")[:9] or 0)
