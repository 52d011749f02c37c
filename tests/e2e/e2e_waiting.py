"""Waiting for what another process does and does not announce."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

PATIENCE_SECONDS = 60.0
# Each look is work for the two cores that the awaited thing needs as well.
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0
_GROWTH = 1.4

T = TypeVar("T")


def await_value(
    look: Callable[[], T | None], what: str, why: Callable[[], object] | None = None
) -> T:
    """Look again and again until there is a true value, and give it; `why` explains a failure."""
    end = time.monotonic() + PATIENCE_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while not (found := look()):
        if time.monotonic() > end:
            pytest.fail(f"waited in vain for {what}: {why() if why else ''}")
        time.sleep(pause)
        pause = min(_GROWTH * pause, _LONGEST_PAUSE_SECONDS)
    return found
