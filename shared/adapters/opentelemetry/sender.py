"""Sends what was told from a thread of its own: soon, together, and at once for who waits.

A span waits a moment for others, so that a busy worker sends few requests. Whoever flushes lets what
was told so far go at once, and waits for it. What cannot be sent is kept and tried again with growing
pauses; meanwhile nobody waits, and beyond a number the oldest are dropped, which is logged.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

from shared.telemetry.span import Span

LINGER_SECONDS = 0.25
MEASURES_SECONDS = 5.0
MOST_AT_ONCE = 512
MOST_KEPT = 10_000
MOST_TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0

log = logging.getLogger("tidemark.telemetry")


class Sender:
    """Sends spans by `send`, which says whether they are there, and measures by `push`."""

    def __init__(self, send: Callable[[Sequence[Span]], bool], push: Callable[[], None]) -> None:
        self._send, self._push = send, push
        self._kept: deque[Span] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._told = self._gone = 0
        self._tries = 0
        self._asked = False
        self._measured_at: float | None = None

    def tell(self, span: Span) -> None:
        """Take a span."""
        with self._changed:
            self._kept.append(span)
            self._told += 1
            if len(self._kept) > MOST_KEPT:
                self._drop(1)
            self._wake()

    def measured(self) -> None:
        """Learn that measures were taken, to be pushed within some seconds."""
        with self._changed:
            if self._measured_at is None:
                self._measured_at = monotonic()
                self._wake()

    def flush(self, seconds: float) -> None:
        """Let what was told go at once, and wait for it; not while nothing can be sent."""
        with self._changed:
            wanted = self._told
            if self._tries or self._gone >= wanted:
                return
            self._asked = True
            self._wake()
            self._changed.wait_for(lambda: self._gone >= wanted or self._tries > 0, seconds)

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._wait()
                batch = [self._kept[at] for at in range(min(len(self._kept), MOST_AT_ONCE))]
                late = self._left() == 0
                if late:
                    self._measured_at = None
            if batch:
                self._settle(len(batch), sent=self._send(batch))
            if late:
                self._push()

    def _wait(self) -> None:
        """Wait for something to send, then a moment for more; after a failure as long as it asks for."""
        self._changed.wait_for(lambda: bool(self._kept), self._left())
        if self._kept and not self._tries:
            self._changed.wait_for(lambda: self._asked, LINGER_SECONDS)
        elif self._kept:
            pause = min(_FIRST_PAUSE * 2 ** (self._tries - 1), _LONGEST_PAUSE)
            self._changed.wait_for(lambda: False, pause)
        self._asked = False

    def _left(self) -> float | None:
        """Give the seconds until measures are due, None if there are none."""
        if self._measured_at is None:
            return None
        return max(self._measured_at + MEASURES_SECONDS - monotonic(), 0)

    def _settle(self, count: int, *, sent: bool) -> None:
        with self._changed:
            if sent:
                # What was dropped meanwhile is not there to be taken off again.
                for _ in range(min(count, len(self._kept))):
                    self._kept.popleft()
                self._gone, self._tries = self._told - len(self._kept), 0
            else:
                self._tries += 1
                if self._tries == 1:
                    log.warning("telemetry cannot be sent: it is kept and tried again")
                if self._tries > MOST_TRIES:
                    self._drop(count)
                    self._tries = 1
            self._changed.notify_all()

    def _drop(self, count: int) -> None:
        """Give up the oldest spans. Their number is told, as a trace lacks them."""
        for _ in range(min(count, len(self._kept))):
            self._kept.popleft()
        self._gone = self._told - len(self._kept)
        log.error("telemetry was dropped", extra={"spans": count})
