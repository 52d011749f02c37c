"""The pictures of the documentation show the page as it is; TIDEMARK_WRITE_GOLDEN=1 takes them anew."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_api import Api
from e2e_source import Source
from e2e_stack import REPOSITORY
from page_browser import Visitor
from page_filling import Filled
from page_places import live_through
from playwright.sync_api import StorageState

PICTURES = REPOSITORY / "docs" / "pictures"
# What each shows, in which scheme, and how much of it.
WANTED = {
    "page-overview": ("overview", "light", 700),
    "page-overview-dark": ("overview", "dark", 700),
    "page-table": ("table that failed", "light", 760),
    "page-run": ("run", "dark", 820),
    "page-backfill": ("backfill", "light", 560),
    "page-form": ("watermark", "light", 640),
}
_MOST_BYTES = 150_000
WRITES = os.environ.get("TIDEMARK_WRITE_GOLDEN") == "1"


@pytest.mark.skipif(not WRITES, reason="pictures are taken with TIDEMARK_WRITE_GOLDEN=1")
def test_pictures_are_taken(
    new_visitor: Callable[..., Visitor],
    signed_in: StorageState,
    api: Api,
    source: Source,
    filled: Filled,
) -> None:
    pages = live_through(api, source, filled)
    PICTURES.mkdir(exist_ok=True)
    for name, (page, scheme, height) in WANTED.items():
        visitor = new_visitor(
            storage_state=signed_in,
            color_scheme=scheme,
            viewport={"width": 1180, "height": height},
        )
        visitor.go(pages[page])
        visitor.page.screenshot(path=PICTURES / f"{name}.png")


def test_every_picture_is_there_small_and_shown_by_the_guide() -> None:
    guide = (REPOSITORY / "docs" / "how-to" / "operate.md").read_text()
    assert sorted(path.stem for path in PICTURES.glob("page-*.png")) == sorted(WANTED)
    for name in WANTED:
        picture: Path = PICTURES / f"{name}.png"
        assert picture.stat().st_size < _MOST_BYTES
        assert f"](../pictures/{name}.png)" in guide
