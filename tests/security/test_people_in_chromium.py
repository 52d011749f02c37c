"""People whom Entra ID has signed in use the operations page in a browser, each as far as the role goes."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_stack import Stack
from security_rig import TABLE, Person, principal

sys.path.append(str(Path(__file__).parents[1] / "page"))

from page_browser import Visitor, running_chromium


# For this module alone: Playwright keeps an event loop in the thread while it is started.
@pytest.fixture(scope="module")
def open_as(guarded: Stack) -> Iterator[Callable[..., Visitor]]:
    with running_chromium() as browser:

        def open_one(name: str, *roles: str) -> Visitor:
            headers = principal(name, *roles)
            return Visitor.open(browser, guarded.url, extra_http_headers=headers)

        yield open_one


def test_an_operator_loads_a_table_and_the_audit_log_has_the_name(
    open_as: Callable[..., Visitor], administrator: Person
) -> None:
    otto = open_as("otto@example.com", "Tidemark.Operate")
    assert otto.go(f"/api/page/tables/{TABLE}") == 200
    assert "otto@example.com" in otto.page.locator(".caller").inner_text()
    offered = otto.page.locator("a.act").all_inner_texts()
    assert offered == ["Load", "Load anew", "Backfill", "Reconcile"]
    otto.follow("Load")
    otto.send("Load")
    otto.page.wait_for_url("**/api/page/orders/*")
    order = administrator.wait_for_order(otto.last_id)
    assert order["state"] == "succeeded"
    done = administrator.get("/api/audit")["entries"]
    named = [(each["who"], each["how"]) for each in done if each["order_id"] == otto.last_id]
    assert named == [("otto@example.com", "entra")]
    assert otto.complaints == []


def test_a_reader_sees_tables_and_changes_nothing(
    open_as: Callable[..., Visitor], administrator: Person
) -> None:
    before = administrator.get("/api/orders")
    rita = open_as("rita@example.com", "Tidemark.Read")
    assert rita.go(f"/api/page/tables/{TABLE}") == 200
    assert rita.page.locator("a[href*='/do/']").count() == 0
    assert rita.go(f"/api/page/do/load?table={TABLE}") == 403
    assert "rita@example.com may read" in rita.text
    assert rita.page.get_by_role("button", name="Load").count() == 0
    assert administrator.get("/api/orders") == before


def test_somebody_without_a_role_sees_nothing(open_as: Callable[..., Visitor]) -> None:
    stranger = open_as("xenia@example.com")
    assert stranger.go("/api/") == 403
    assert TABLE not in stranger.page.content()
