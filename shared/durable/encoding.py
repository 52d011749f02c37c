"""The one encoding of what is handed to orchestrations from outside."""

from __future__ import annotations

from typing import Any

import msgspec


def encode_input(value: Any) -> Any:
    """Turn a value into plain JSON types; its type is named on the reading side."""
    return msgspec.to_builtins(value)
