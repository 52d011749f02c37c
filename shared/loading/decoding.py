"""Prepares types for decoding, while nobody decodes yet.

At the first use of a dataclass msgspec looks at its fields. Two threads that do so at once crash
the process (msgspec 0.22 on CPython 3.11): a worker that starts with several things to do at once
would die of it.
"""

from __future__ import annotations

from typing import Any

import msgspec


def prepare(*kinds: Any) -> None:
    """Let msgspec look at types, and at all that they hold. To be called where a module is imported."""
    for kind in kinds:
        msgspec.json.Decoder(kind)
