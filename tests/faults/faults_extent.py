"""How much is done: all of it where TIDEMARK_FAULTS says how many kills to make, else a sample of it."""

import os
from typing import TypeVar

import pytest

FULL = "TIDEMARK_FAULTS" in os.environ
KILLS = int(os.environ.get("TIDEMARK_FAULTS", "0"))
SEED = int(os.environ.get("TIDEMARK_FAULTS_SEED", "20260101"))

only_in_full = pytest.mark.skipif(not FULL, reason="not part of the sample; make faults runs it")

T = TypeVar("T")


def extent(full: T, sample: T) -> T:
    """Give the one or the other."""
    return full if FULL else sample
