"""The reference pages are those of the code: routes and settings. Commands and table files have tests of their own."""

import re

from docs_pages import ROOT, page, read_pages

from web.api.openapi import document
from web.api.reference import PAGE, write_reference

# Names of tests and of the templates of azd, or a part of a name.
_OF_CODE = ("shared", "web", "activities", "orchestrators")
_SETTING = re.compile(r"\bTIDEMARK_[A-Z]+(?:_[A-Z]+)*\b(?!_)")
_LISTED = re.compile(r"^\| (`TIDEMARK_[^|]*?) \|", re.MULTILINE)


def settings_of_code() -> set[str]:
    """Name every setting that the app reads."""
    found: set[str] = set()
    for folder in _OF_CODE:
        for path in (ROOT / folder).rglob("*.py"):
            found.update(re.findall(r'"(TIDEMARK_[A-Z_]+[A-Z])"', path.read_text(encoding="utf-8")))
    return found | set(_SETTING.findall((ROOT / "host.json").read_text(encoding="utf-8")))


def settings_of_pages() -> set[str]:
    """Name every setting that stands in the first column of a table of a page."""
    return {
        name
        for each in read_pages()
        for cell in _LISTED.findall(each.text)
        for name in _SETTING.findall(cell)
    }


def test_the_page_of_the_routes_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_reference(), "run python -m web.api.reference"


def test_every_route_is_told_of_with_its_purpose() -> None:
    told = page("docs/reference/api.md").text
    routes = document("")["paths"]
    missing = [
        path for path in routes if path not in told and path.replace("{number}", "{id}") not in told
    ]
    assert missing == []


def test_every_setting_of_the_app_is_told_of() -> None:
    assert sorted(settings_of_code() - settings_of_pages()) == []


def test_every_setting_that_is_told_of_is_read() -> None:
    of_deployment = {
        name
        for each in read_pages()
        if each.name == "docs/how-to/deploy.md"
        for name in _SETTING.findall(each.text)
    }
    assert sorted(settings_of_pages() - settings_of_code() - of_deployment) == []
