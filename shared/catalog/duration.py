"""Durations as the table files write them: a whole number and one unit, as in `60s` or `1d`."""

import re
from datetime import timedelta

PATTERN = r"^(0|[1-9][0-9]{0,8})[smhd]$"
LONGEST = timedelta(days=3650)
SHORT = timedelta(days=1)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Read a duration, zero included.

    Raises:
        ValueError: it is not of the form, is negative, or is longer than ten years.
    """
    if text.startswith("-"):
        raise ValueError("must not be negative; write 0s or more")
    if re.fullmatch(PATTERN, text) is None:
        raise ValueError(f"{text!r} is not a duration; write a whole number and s, m, h or d: 60s")
    length = int(text[:-1])
    if length > LONGEST / timedelta(**{_UNITS[text[-1]]: 1}):
        raise ValueError(f"{text!r} is too long; write at most {LONGEST.days}d")
    return timedelta(**{_UNITS[text[-1]]: length})


def parse_short(text: str) -> timedelta:
    """Read a duration of at most a day. Raises as `parse_duration`."""
    found = parse_duration(text)
    if found > SHORT:
        raise ValueError(f"{text!r} is too long; write at most {SHORT.days}d")
    return found


def parse_freshness(text: str) -> timedelta | None:
    """Read a duration of at least a second; `none` for no limit. Raises as `parse_duration`."""
    found = parse_age(text)
    if found is not None and not found:
        raise ValueError("nothing is ever as fresh; write 1s or more, or none")
    return found


def parse_age(text: str) -> timedelta | None:
    """Read a duration; `none` for never."""
    return None if text == "none" else parse_duration(text)
