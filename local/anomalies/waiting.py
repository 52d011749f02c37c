"""Waiting for what another process does and does not announce."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 600.0
_POLL_SECONDS = 0.05


class WaitedInVain(Exception):
    """The suite could not bring a case about on this machine; run it again, and report it if it stays."""


def await_true(look: Callable[[], bool], what: str, *, poll_seconds: float = _POLL_SECONDS) -> None:
    """Look again and again until it is so.

    Raises:
        WaitedInVain: it was not so after ten minutes.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not look():
        if time.monotonic() > end:
            raise WaitedInVain(f"waited in vain for {what}")
        time.sleep(poll_seconds)
