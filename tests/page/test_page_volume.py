"""With many tables and many runs every page asks the store a bounded number of questions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from e2e_source import SETTING
from e2e_stack import Stack
from page_filling import Filled

from shared.runtime.settings import Settings
from shared.runtime.wiring import App, build
from web.page.exchange import PageRequest
from web.page.frame import Frame
from web.page.showing import show_page
from web.page.views.orders import COUNTED
from web.page.views.overview import NEWEST_RUNS


@dataclass(slots=True)
class Counter:
    """Counts the requests that go to Azure's services, or to what stands in for them."""

    app: App
    asked: list[str] = field(default_factory=list[str])

    def show(self, path: str, params: Mapping[str, str]) -> tuple[int, str]:
        """Show a page; gives how many requests it took, and the page."""
        self.asked.clear()
        request = PageRequest(
            method="GET", path=path, params=params, headers={}, body=b"", origin="", base=""
        )
        reply = show_page(self.app, request, Frame(caller="x", token="x"))
        return len(self.asked), str(reply.body)


@pytest.fixture
def counter(stack: Stack, database: str, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """The app itself in this process, on the store of the stack."""
    settings: dict[str, str] = json.loads((stack.state / "stack.json").read_text())
    environ = {**settings, SETTING: database}
    counter = Counter(build(Settings.from_env(environ), environ))
    send = RequestsTransport.send

    def counted(self: RequestsTransport, request: Any, **options: Any) -> Any:
        counter.asked.append(f"{request.method} {request.url}")
        return send(self, request, **options)

    monkeypatch.setattr(RequestsTransport, "send", counted)
    return counter


def test_the_overview_asks_once_for_each_table_and_little_more(
    counter: Counter, filled: Filled
) -> None:
    asked, page = counter.show("", {"source": "wide"})
    assert len(filled.tables) <= asked <= len(filled.tables) + 10
    assert page.count("<tr>") == len(filled.tables) + 1
    newest = f"{NEWEST_RUNS:,}".replace(",", "\u202f")
    assert f"among the newest {newest} runs" in page


@pytest.mark.parametrize(
    ("path", "params", "most"),
    [
        ("runs", {}, 2),
        ("runs", {"table": "wide/dbo.T007"}, 2),
        ("runs", {"status": "failed"}, 60),
        # Others have ordered backfills on this stack, and their windows are counted.
        ("orders", {}, 1 + COUNTED),
        ("quality", {}, 7),
        ("refreshes", {}, 2),
        ("alerts", {}, 1),
        ("tables/wide/dbo.T000", {}, 4),
        ("run", {}, 3),
        ("order", {}, 4),
    ],
)
def test_every_other_page_asks_few_questions(
    counter: Counter, filled: Filled, path: str, params: dict[str, str], most: int
) -> None:
    run = filled.newest[0]
    named = {"run": f"runs/{run.run_id}", "order": f"orders/{run.order_id}"}
    asked, page = counter.show(named.get(path, path), params)
    assert asked <= most, counter.asked
    assert "<h1>" in page


def test_runs_are_listed_to_the_last_page_by_page(counter: Counter, filled: Filled) -> None:
    table, seen, params = filled.tables[3], set[str](), {"table": filled.tables[3], "limit": "7"}
    while True:
        _, page = counter.show("runs", params)
        seen |= {part.partition('"')[0] for part in page.split('href="/api/page/runs/')[1:]}
        if 'rel="next"' not in page:
            break
        token = page.split('rel="next"')[0].rpartition("page=")[2].partition('"')[0]
        params = {"table": table, "limit": "7", "page": token}
    assert len(seen) == filled.runs / len(filled.tables)
