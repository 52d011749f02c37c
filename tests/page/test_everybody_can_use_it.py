"""Every page can be used by everybody, light and dark: axe-core finds nothing wrong with it."""

from collections.abc import Callable

import pytest
from e2e_api import Api
from e2e_source import Source
from page_browser import COLOURS, Visitor
from page_filling import Filled
from page_places import live_through

from tests.long_forms import LONG

# What is dark differs by its colours alone: most of them are on these pages. The long form looks at every one.
DARK = ("overview", "table that failed", "run that failed", "backfill")


def test_no_page_breaks_a_rule_of_accessibility_in_light_or_dark(
    visitor: Visitor, api: Api, source: Source, filled: Filled
) -> None:
    found: dict[str, list[str]] = {}
    for name, address in live_through(api, source, filled).items():
        visitor.page.emulate_media(color_scheme="light")
        visitor.go(address)
        found[f"{name}, light"] = visitor.violations()
        if LONG or name in DARK:
            visitor.page.emulate_media(color_scheme="dark")
            found[f"{name}, dark"] = visitor.violations(*(() if LONG else COLOURS))
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


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.long)])
def test_a_page_is_as_wide_as_its_window(visitor: Visitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 800})
    for address in (
        "/api/?state=failed",
        "/api/page/tables/wide/dbo.T000",
        "/api/page/do/backfill",
    ):
        visitor.go(address)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
