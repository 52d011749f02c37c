"""Time as the host sees it: the machine's clock, or one that a test moves by hand."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# A waiting thread looks at the wall clock at least this often: Linux does not
# count a machine's sleep against a wait, so an alarm would ring late after it.
LONGEST_WAIT_SECONDS = 10.0


class Clock(Protocol):
    """Source of the current time and the way to wait for a later one."""

    def now(self) -> float:
        """The time as POSIX seconds."""
        ...

    def wait(self, condition: threading.Condition, until: float | None) -> None:
        """Wait on a condition the caller holds, at most until the given POSIX time.

        May return early; the caller looks again.
        """
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """The time as POSIX seconds."""
        return time.time()

    def wait(self, condition: threading.Condition, until: float | None) -> None:
        """Wait until notified or the time has come."""
        if until is None:
            condition.wait()
        elif (left := until - self.now()) > 0:
            condition.wait(min(left, LONGEST_WAIT_SECONDS))


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.timestamp()
        self._lock = threading.Lock()
        self._waiting: list[threading.Condition] = []

    def now(self) -> float:
        """The time as POSIX seconds."""
        return self._now

    def datetime(self) -> datetime:
        """The time as a UTC datetime."""
        return datetime.fromtimestamp(self._now, UTC)

    def advance(self, by: timedelta) -> None:
        """Move the time forward and wake whoever waits for it."""
        with self._lock:
            self._now += by.total_seconds()
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()

    def wait(self, condition: threading.Condition, until: float | None) -> None:
        """Wait until notified or moved."""
        with self._lock:
            if until is not None and until <= self._now:
                return
            self._waiting.append(condition)
        try:
            condition.wait()
        finally:
            with self._lock:
                self._waiting.remove(condition)
