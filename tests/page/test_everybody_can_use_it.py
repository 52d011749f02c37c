"""Every page can be used by everybody, light and dark: axe-core finds nothing wrong with it."""

from collections.abc import Callable

import pytest
from e2e_api import Api
from e2e_source import Source
from page_browser import Visitor
from page_filling import Filled
from page_places import live_through


def test_no_page_breaks_a_rule_of_accessibility_in_light_or_dark(
    visitor: Visitor, api: Api, source: Source, filled: Filled
) -> None:
    found: dict[str, list[str]] = {}
    for name, address in live_through(api, source, filled).items():
        visitor.go(address)
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme)
            found[f"{name}, {scheme}"] = visitor.violations()
        assert visitor.page.locator("h1").count() == 1
        assert visitor.page.locator("main").count() == 1
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_form_with_errors_and_the_sign_in_break_none(
    visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    visitor.go("/api/page/do/backfill?table=wide/dbo.T000")
    visitor.page.get_by_label("From").fill("soon")
    visitor.send("Backfill")
    assert visitor.page.get_by_role("alert").count() == 1
    assert visitor.violations() == []
    stranger = new_visitor()
    stranger.go("/api/page/sign-in?out=1")
    assert stranger.violations() == []


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_is_as_wide_as_its_window(visitor: Visitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 800})
    for address in (
        "/api/?state=failed",
        "/api/page/tables/wide/dbo.T000",
        "/api/page/do/backfill",
    ):
        visitor.go(address)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
