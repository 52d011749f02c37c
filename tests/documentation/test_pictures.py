"""The pictures are those of the texts beside them, are well formed, and nothing in them is cut off."""

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from docs_pages import DOCS, read_pages

sys.path.insert(0, str(DOCS / "pictures"))
import draw

TEXTS = sorted((DOCS / "pictures").glob("*.txt"))
SVG = "{http://www.w3.org/2000/svg}"


def _root(picture: Path) -> ET.Element:
    return ET.parse(picture).getroot()  # noqa: S314 - our own file


def _texts(picture: Path) -> Iterator[tuple[str, float, float]]:
    """Give each text with its middle and a little more than its width."""
    for each in _root(picture).iter(f"{SVG}text"):
        said = each.text or ""
        yield said, float(each.attrib["x"]), len(said) * draw.CHARACTER


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_a_picture_is_that_of_its_text(text: Path) -> None:
    drawn = text.with_suffix(".svg").read_text(encoding="utf-8")
    assert drawn == draw.draw(text.read_text(encoding="utf-8")), "run python docs/pictures/draw.py"


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_a_picture_has_a_name_colours_for_the_dark_and_no_text_beyond_its_edge(text: Path) -> None:
    root = _root(text.with_suffix(".svg"))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]
    assert "prefers-color-scheme: dark" in draw.STYLE
    width = float(root.attrib["viewBox"].split()[2])
    out = [
        said
        for said, middle, wide in _texts(text.with_suffix(".svg"))
        if middle - wide / 2 < 0 or middle + wide / 2 > width
    ]
    assert out == []


def test_no_line_of_a_box_is_wider_than_its_box() -> None:
    wide = [
        line
        for text in TEXTS
        for box in draw.read(text.read_text(encoding="utf-8")).boxes.values()
        for line in box.lines
        if len(line) * draw.CHARACTER > draw.BOX_WIDTH - 8
    ]
    assert wide == []


@pytest.mark.parametrize("line", ["a -> nowhere : x", "bocks 0 0 a A", "note nobody : x"])
def test_a_line_that_is_misspelt_is_refused(line: str) -> None:
    with pytest.raises(draw.TextUnclear):
        draw.read(f"picture P\nbox 0 0 a A\n{line}")


def test_every_picture_is_shown_on_a_page() -> None:
    shown = " ".join(link for each in read_pages() for link in each.links())
    assert [text.stem for text in TEXTS if f"pictures/{text.stem}.svg" not in shown] == []
