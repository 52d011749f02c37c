"""What keeps two lakes from being compared."""

from __future__ import annotations


class NotComparable(Exception):
    """Correct what the message names: the folder, the file, or the choice of columns."""
