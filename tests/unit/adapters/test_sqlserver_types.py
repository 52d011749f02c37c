"""The decisions about SQL Server's types, without a server: each row of the page, and its edges."""

import pyarrow as pa
import pytest

from shared.adapters.odbc.sqlserver.types import SourceType, find_landing
from shared.loading.errors import TypeUnsupported
from tests.unit.adapters.sqlserver_page import LANDED, REFUSED, source_type


@pytest.mark.parametrize("row", LANDED, ids=lambda row: row[0])
def test_a_type_is_asked_for_and_lands_as_the_page_says(row: tuple[str, ...]) -> None:
    declared, expression, arrow, *_ = row
    source = source_type(declared)
    landing = find_landing("v", source)
    assert landing.expression.replace("{}", "[v]") == expression
    assert str(landing.lands) == arrow
    assert source.full_name == declared


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[0])
def test_a_type_is_refused_as_the_page_says(row: tuple[str, ...]) -> None:
    with pytest.raises(TypeUnsupported, match="column v"):
        find_landing("v", source_type(row[0]))


def test_a_type_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TypeUnsupported, match=r"column v: Point cannot be read"):
        find_landing("v", source_type("Point"))


def test_a_refused_shape_says_what_to_read_instead() -> None:
    with pytest.raises(TypeUnsupported, match=r"v\.STAsBinary\(\) and v\.STSrid"):
        find_landing("v", source_type("geometry"))


@pytest.mark.parametrize(
    "declared",
    ["varchar(max)", "nvarchar(max)", "varbinary(max)", "text", "ntext", "image", "xml", "json"],
)
def test_values_of_any_length_are_not_fetched_in_blocks(declared: str) -> None:
    assert not find_landing("v", source_type(declared)).bounded


@pytest.mark.parametrize(
    ("declared", "bounded"),
    [("varchar(4000)", True), ("varchar(4001)", False), ("nvarchar(4000)", True)],
)
def test_text_is_fetched_in_blocks_while_its_utf16_has_a_limit(
    declared: str, *, bounded: bool
) -> None:
    assert find_landing("v", source_type(declared)).bounded is bounded


@pytest.mark.parametrize("row", LANDED, ids=lambda row: row[0])
def test_only_text_of_ascii_travels_as_text(row: tuple[str, ...]) -> None:
    """Everything else that is text travels as bytes, out of reach of a driver's conversions."""
    landing = find_landing("v", source_type(row[0]))
    if landing.wire == pa.string():
        assert landing.expression.startswith(("LOWER(CONVERT(char", "CONVERT(varchar"))
    elif landing.lands == pa.string():
        assert landing.utf16


def test_the_length_of_an_n_type_is_counted_in_characters() -> None:
    assert SourceType(name="nvarchar", length=100, precision=0, scale=0).full_name == "nvarchar(50)"
