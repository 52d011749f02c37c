"""How memory that is not needed for the moment is given back to the system."""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa

_GIVES_BACK = "jemalloc"
# Of mallopt(3): what is larger is taken from the system and given back alone; how much a heap keeps at its
# end; and how many heaps there are, where every thread would have its own.
_SETTINGS = {-3: 512 * 1024, -1: 1024 * 1024, -8: 2}


def give_back_memory() -> None:
    """Let Arrow and drivers give memory back as soon as they have used it, from now on.

    Arrow takes it from jemalloc, where that is built in. Its default, mimalloc, keeps some 50 MB a
    slice that is being landed, at the same cost in time; the system's own keeps none of it but costs a
    tenth more CPU. Drivers take it from the C library, which by itself keeps the more, the larger what it has
    given was.
    """
    if _GIVES_BACK in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    if sys.platform == "linux":
        # Other C libraries than glibc have nothing of the kind.
        settle = getattr(ctypes.CDLL(None), "mallopt", None)
        if settle is not None:
            for setting, value in _SETTINGS.items():
                settle(setting, value)
