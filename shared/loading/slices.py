"""Slices: how the rows of a load are cut so that each part fits one activity."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from shared.loading.plan import Slice
from shared.loading.span import Span

MOST_SLICES = 2_000


def count_parts(rows: int, rows_per_slice: int) -> int:
    """Say how many slices so many rows need, at least one and at most MOST_SLICES."""
    return max(1, min(MOST_SLICES, -(-rows // rows_per_slice)))


def tile_span(span: Span, cuts: Sequence[str]) -> tuple[Span, ...]:
    """Cut a span at the given ascending values; the parts touch and do not overlap."""
    edges = [span.after, *cuts, span.upto]
    return tuple(Span(after=after, upto=upto) for after, upto in pairwise(edges))


def number_slices(spans: Sequence[Span]) -> tuple[Slice, ...]:
    """Number spans in reading order."""
    return tuple(Slice(number=number, span=span) for number, span in enumerate(spans))
