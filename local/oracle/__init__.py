"""The oracle: says whether the lake holds exactly what a source table holds.

It reads both sides in its own way and shares no code with what it judges, so that one mistake
cannot hide another.
"""

from local.oracle.comparison import Comparison, Keys, compare
from local.oracle.source import NotComparable

__all__ = ["Comparison", "Keys", "NotComparable", "compare"]
