"""A load is cut into slices that touch and do not overlap."""

import pytest

from shared.loading.plan import Slice
from shared.loading.slices import MOST_SLICES, count_parts, number_slices, tile_span
from shared.loading.span import Span


@pytest.mark.parametrize(
    ("rows", "parts"),
    [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3), (-1, 1), (10**12, MOST_SLICES)],
)
def test_slices_are_as_many_as_the_rows_need(rows: int, parts: int) -> None:
    assert count_parts(rows, 100) == parts


def test_a_span_is_cut_at_the_given_values() -> None:
    assert tile_span(Span(after="1", upto="9"), ("3", "7")) == (
        Span(after="1", upto="3"),
        Span(after="3", upto="7"),
        Span(after="7", upto="9"),
    )


def test_the_ends_of_an_open_span_stay_open() -> None:
    assert tile_span(Span(), ("5",)) == (Span(upto="5"), Span(after="5"))


def test_a_span_without_cuts_stays_whole() -> None:
    assert tile_span(Span(after="1"), ()) == (Span(after="1"),)


def test_slices_are_numbered_in_reading_order() -> None:
    spans = (Span(upto="5"), Span(after="5"), Span(nulls=True))
    assert number_slices(spans) == tuple(Slice(number=n, span=s) for n, s in enumerate(spans))
