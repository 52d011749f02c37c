"""A browser as the tests drive it."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from e2e_waiting import PATIENCE_SECONDS
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

# The rules of axe-core that look at colours.
COLOURS = ("color-contrast", "link-in-text-block")


@contextmanager
def running_chromium() -> Generator[Browser]:
    """Run Chromium. Playwright keeps an event loop in the thread meanwhile: for one module, no longer."""
    path = shutil.which("chromium")
    assert path is not None, "no chromium: run local/install-chromium.sh"
    with sync_playwright() as started:
        # Root has no sandbox of its own there, as in a container.
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass(slots=True, kw_only=True)
class Visitor:
    """One person with a browser. `complaints` are what pages wrote to the console or threw."""

    url: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list[str])

    @classmethod
    def open(cls, browser: Browser, url: str, **options: Any) -> Self:
        """Open a browser with nothing in it."""
        context = browser.new_context(base_url=url, **options)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        made = cls(url=url, context=context, page=context.new_page())

        def heard(message: ConsoleMessage) -> None:
            # A page that refuses something says so by its status, which is what is tested there.
            if message.type in ("error", "warning") and "status of 4" not in message.text:
                made.complaints.append(message.text)

        made.page.on("console", heard)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        return made

    def close(self) -> None:
        self.context.close()

    def sign_in(self) -> None:
        """Open a small page: the host asks for no key, so that it opens by itself."""
        self.go("/api/page/runs?limit=1")
        self.page.wait_for_url("**/api/page/runs?limit=1")

    def go(self, path: str) -> int:
        """Open a page; gives the status."""
        answer = self.page.goto(path)
        return answer.status if answer else 0

    def follow(self, name: str) -> None:
        """Follow the link of a name."""
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def send(self, button: str) -> None:
        """Send the form that has a button of this name."""
        self.page.get_by_role("button", name=button, exact=True).click()

    @property
    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def violations(self, *rules: str) -> list[str]:
        """Ask axe-core what breaks these rules, or any; gives each with the elements that break it."""
        only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        axe = Axe().run(self.page, options={**DEFAULT_OPTIONS, **only})
        found: Any = axe.response["violations"]
        return [
            f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in found
        ]

    @property
    def last_id(self) -> str:
        """The last part of the address: the id of what is shown."""
        return self.page.url.rpartition("/")[2]
