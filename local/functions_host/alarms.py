"""Calls that are due at a time: durable timers, schedules and timeouts share one thread."""

import heapq
import threading
from collections.abc import Callable
from itertools import count

from local.functions_host.clock import Clock


class Alarm:
    """One pending call."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring: Callable[[], None] | None = ring

    def cancel(self) -> None:
        """Never ring; harmless when it rang already."""
        self._ring = None

    def ring(self) -> None:
        """Make the call, unless cancelled."""
        ring, self._ring = self._ring, None
        if ring is not None:
            ring()


class Alarms:
    """Rings alarms in the order of their times. What they call must be short."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._pending: list[tuple[float, int, Alarm]] = []
        self._order = count()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)

    def start(self) -> None:
        """Begin to ring."""
        self._thread.start()

    def stop(self) -> None:
        """Ring no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def at(self, due: float, ring: Callable[[], None]) -> Alarm:
        """Call `ring` once `due` (POSIX seconds) has come; at once when it is past."""
        alarm = Alarm(ring)
        with self._changed:
            heapq.heappush(self._pending, (due, next(self._order), alarm))
            self._changed.notify_all()
        return alarm

    def _run(self) -> None:
        while (alarm := self._next()) is not None:
            alarm.ring()

    def _next(self) -> Alarm | None:
        """Wait for the next alarm; None when stopped."""
        with self._changed:
            while not self._stopped:
                if self._pending and self._pending[0][0] <= self._clock.now():
                    return heapq.heappop(self._pending)[2]
                self._clock.wait(self._changed, self._pending[0][0] if self._pending else None)
            return None
