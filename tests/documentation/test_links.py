"""Links between pages lead to a page, a heading or a file that there is."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from docs_pages import ROOT, Page, page, read_pages


def _broken(each: Page) -> list[str]:
    return [link for link in each.links() if not _resolves(each, link)]


def _resolves(each: Page, link: str) -> bool:
    target, _, anchor = unquote(link).partition("#")
    if "://" in target or target.startswith("mailto:"):
        return True
    path = (ROOT / each.name).parent / target if target else ROOT / each.name
    if not path.exists():
        return False
    if not anchor:
        return True
    name = Path(path).resolve().relative_to(ROOT).as_posix()
    return anchor in page(name).anchors()


@pytest.mark.parametrize("each", read_pages(), ids=lambda each: each.name)
def test_every_link_of_a_page_resolves(each: Page) -> None:
    assert _broken(each) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "[a](nowhere.md) [b](#nowhere) [c](README.md#nowhere) [d](README.md) `[e](code.md)`"
    assert _broken(Page(name="x.md", text=text)) == ["nowhere.md", "#nowhere", "README.md#nowhere"]


def test_the_index_leads_to_every_page() -> None:
    index = page("docs/index.md")
    led_to = {((ROOT / "docs") / link.partition("#")[0]).resolve() for link in index.links()}
    missing = [
        each.name
        for each in read_pages()
        if each.name.startswith("docs/") and (ROOT / each.name).resolve() not in led_to
    ]
    assert missing == ["docs/index.md"]
