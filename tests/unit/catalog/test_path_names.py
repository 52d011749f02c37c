"""Names as path segments: safe everywhere, and never two names in one segment."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.catalog import NameUnencodable, SegmentForeign, decode_name, encode_name

NAMES = st.text(min_size=1) | st.text(alphabet="a._~-/2E", min_size=1)


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("dbo.DimUser", "dbo.DimUser"),
        ("order-lines_2", "order-lines_2"),
        ("Order Details", "Order~20Details"),
        ("a/b\\c#d?e=f", "a~2Fb~5Cc~23d~3Fe~3Df"),
        ("_hidden", "~5Fhidden"),
        (".hidden", "~2Ehidden"),
        ("..", "~2E~2E"),
        (".", "~2E"),
        ("ends.", "ends~2E"),
        ("~20", "~7E20"),
        ("Größe", "Gr~C3~B6~C3~9Fe"),
        ("a\n", "a~0A"),
    ],
)
def test_a_name_has_one_documented_segment(name: str, segment: str) -> None:
    assert encode_name(name) == segment


@given(NAMES)
@example(".")
@example("_.")
def test_a_segment_gives_its_name_back(name: str) -> None:
    assert decode_name(encode_name(name)) == name


@given(NAMES, NAMES)
def test_different_names_have_different_segments(one: str, other: str) -> None:
    assert (encode_name(one) == encode_name(other)) == (one == other)


@given(NAMES)
def test_a_segment_is_safe_and_visible(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9~-]([A-Za-z0-9_.~-]*[A-Za-z0-9_~-])?", encode_name(name))


@given(st.text(alphabet="aE27~._- /é", max_size=6))
def test_only_what_was_encoded_is_decoded(segment: str) -> None:
    try:
        name = decode_name(segment)
    except SegmentForeign:
        return
    assert encode_name(name) == segment


@pytest.mark.parametrize("segment", ["", "~2e", "~41", "~", "~FF", "a b", "_a", "é"])
def test_a_foreign_segment_is_refused(segment: str) -> None:
    with pytest.raises(SegmentForeign):
        decode_name(segment)


@pytest.mark.parametrize("name", ["", "\ud800"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameUnencodable):
        encode_name(name)
