"""How a source is spared: a pace that is kept, pauses that it asks for, pauses that grow."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

# A pause that a source asks for is waited out here up to this long; a longer one ends the step, which is
# tried again after it.
LONGEST_WAIT_SECONDS = 60
# All pauses of one read together.
MOST_WAITING_SECONDS = 600
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0


class Clock(Protocol):
    """Passes the time of a worker; it says nothing of the source's."""

    def now(self) -> float:
        """Give seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Give seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(slots=True, kw_only=True)
class Pace:
    """Lets requests go at most so often. `interval` is in seconds, 0 for no limit."""

    clock: Clock
    interval: float
    _next: float = 0.0

    def keep(self) -> None:
        """Wait until the next request may go."""
        if not self.interval:
            return
        now = self.clock.now()
        if now < self._next:
            self.clock.sleep(self._next - now)
        self._next = max(now, self._next) + self.interval


def growing_pause(tries: int) -> float:
    """Give the seconds to wait after so many tries, the first being 1."""
    return min(_FIRST_PAUSE_SECONDS * 2 ** (tries - 1), _LONGEST_PAUSE_SECONDS)


def asked_pause(headers: Mapping[str, str]) -> int | None:
    """Give the seconds that `Retry-After` asks for, None if it says nothing that can be understood.

    A date is taken against the answer's own `Date`, as the worker's clock may differ.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    until, now = parse_date(text), parse_date(headers.get("date", ""))
    if until is None or now is None:
        return None
    return max(0, int((until - now).total_seconds()))


def parse_date(text: str) -> datetime | None:
    """Read an HTTP date as UTC; None if it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    return found.astimezone(UTC)
