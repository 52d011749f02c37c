"""Crash points: named places in a host's work at which it can be made to die."""

import os
import signal
import threading
from collections.abc import Callable
from fnmatch import fnmatchcase


def die() -> None:
    """Kill the process group where it stands: nothing is flushed, nobody is told."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


class CrashPoint:
    """Dies at the n-th passing of a place.

    Args:
        wanted: `PLACE#N`, where PLACE is a name with wildcards as in a shell, and N counts from 1.
        crash: what to do there; for tests.

    Raises:
        ValueError: N is missing, or not a number from 1 on.
    """

    def __init__(self, wanted: str, crash: Callable[[], None] = die) -> None:
        self._place, _, number = wanted.rpartition("#")
        if not self._place or not number.isdigit() or int(number) < 1:
            raise ValueError(f"{wanted!r} is no crash point; write it like 'activity ended *#2'")
        self._left = int(number)
        self._crash = crash
        self._lock = threading.Lock()

    def passes(self, place: str) -> None:
        """Say that the host is at a place now."""
        if not fnmatchcase(place, self._place):
            return
        with self._lock:
            self._left -= 1
            here = self._left == 0
        if here:
            self._crash()
