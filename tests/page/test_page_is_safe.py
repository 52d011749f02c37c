"""Nobody acts through somebody else's browser, and nothing that is shown is more than text."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from e2e_api import Api
from e2e_source import SETTING, STAMPED, Source, create_items
from e2e_stack import REPOSITORY, Stack
from page_browser import Visitor
from page_filling import HOSTILE, Filled

from web.page.wording import table_path

TOKEN = 'name="token" value="'


def token_of(page: str) -> str:
    return page.split(TOKEN)[1].partition('"')[0]


@pytest.fixture
def client(stack: Stack, filled: Filled) -> Iterator[httpx.Client]:
    """A client that has signed in; it does not follow where it is led."""
    with httpx.Client(base_url=stack.url, timeout=60) as made:
        assert made.post("/api/page/session").status_code == 303
        yield made


def test_a_form_without_the_token_of_its_session_does_nothing(
    client: httpx.Client, stack: Stack, api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    form = f"/api/page/do/load?table={table}"
    token = token_of(client.get(form).text)
    with httpx.Client(base_url=stack.url, timeout=60) as other:
        other.post("/api/page/session")
        foreign = token_of(other.get(form).text)
        nobody = httpx.post(f"{stack.url}/api/page/do/load", data={"table": table, "token": token})
    fields = {"table": table}
    refused = [
        nobody,
        client.post("/api/page/do/load", data=fields),
        client.post("/api/page/do/load", data={**fields, "token": foreign}),
        client.post(
            "/api/page/do/load",
            data={**fields, "token": token},
            headers={"Sec-Fetch-Site": "cross-site"},
        ),
        client.post(
            "/api/page/do/load",
            data={**fields, "token": token},
            headers={"Origin": "https://evil.example"},
        ),
        client.post("/api/page/sign-out", data={"token": "x"}),
    ]
    assert [each.status_code for each in refused] == [403] * len(refused)
    assert api.runs(table) == []
    assert api.table(table)["requested"] == 0
    done = client.post("/api/page/do/load", data={**fields, "token": token})
    assert done.status_code == 303
    api.wait_for_order(done.headers["location"].rpartition("/")[2])


def test_a_page_of_another_site_signs_nobody_in(stack: Stack) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = httpx.post(f"{stack.url}/api/page/session", headers=foreign)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_pages_are_for_whoever_is_signed_in(stack: Stack) -> None:
    for path in ("/api/", "/api/page/runs", "/api/page/do/load", "/api/page/no-such"):
        answer = httpx.get(f"{stack.url}{path}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/api/page/sign-in?next=%2Fapi%2F")


def test_every_page_is_sent_with_what_keeps_a_browser_safe(client: httpx.Client) -> None:
    for path in ("/api/page/runs?limit=1", "/api/page/sign-in", "/api/page/no-such"):
        sent = client.get(path).headers
        policy = sent["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert ("connect-src" in policy) == path.endswith("sign-in")
        assert (sent["cache-control"], sent["referrer-policy"]) == ("no-store", "no-referrer")
        assert sent["x-content-type-options"] == "nosniff"


def test_a_file_that_a_browser_has_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/api/page/assets/page.css")
    tag = {"If-None-Match": first.headers["etag"]}
    assert (first.status_code, first.headers["content-type"]) == (200, "text/css; charset=utf-8")
    again = client.get("/api/page/assets/page.css", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    for name in ("../routes.py", "%2e%2e/routes.py", "", "x"):
        assert client.get(f"/api/page/assets/{name}").status_code in {303, 404}


ODD = ["\u0000", "a" * 5_000, "\U0001f600", "[]"]
MORE_ODD = ["%00", "-1", "' or 1=1", "../..", "{{7*7}}", "0x7"]


@pytest.mark.parametrize(
    "odd",
    [
        *(pytest.param(odd, id=str(at)) for at, odd in enumerate(ODD)),
        *(pytest.param(odd, id=odd, marks=pytest.mark.long) for odd in MORE_ODD),
    ],
)
def test_no_query_and_no_path_breaks_a_page(client: httpx.Client, odd: str) -> None:
    names = ("source", "state", "status", "table", "since", "page", "limit", "kind", "id", "number")
    asked = dict.fromkeys(names, odd)
    for path in ("runs", "orders", "events", "refreshes", "tables/wide/dbo.T000"):
        for query in ({}, asked, {"page": odd}, {"since": odd}):
            address = f"/api/page/{path}" + (
                f"/{httpx.QueryParams({'x': odd})}" if not query else ""
            )
            answer = client.get(address, params=query)
            assert answer.status_code < 500, (address, query, answer.text[-500:])
    for action in (
        "load",
        "backfill",
        "watermark",
        "rollback",
        "release",
        "rerun",
        "cancel",
        "replay",
    ):
        assert client.get(f"/api/page/do/{action}", params=asked).status_code < 500


@pytest.mark.parametrize(
    "odd",
    [
        *("", "\u0000", HOSTILE),
        *(pytest.param(odd, marks=pytest.mark.long) for odd in ("x", "9" * 4_000)),
    ],
)
def test_no_field_of_a_form_breaks_a_page(client: httpx.Client, odd: str) -> None:
    token = token_of(client.get("/api/page/do/load").text)
    names = ("id", "position", "reason", "version", "from", "to", "window", "parallel", "number")
    fields = {**dict.fromkeys(names, odd), "table": odd or "x", "mode": odd, "token": token}
    actions = ("load", "backfill", "reconcile", "watermark", "rollback", "release", "rerun")
    for action in (*actions, "cancel", "cancel-refresh", "replay", "no-such"):
        answer = client.post(f"/api/page/do/{action}", data=fields)
        assert 400 <= answer.status_code < 500, (action, answer.status_code)
        assert HOSTILE not in answer.text
    for content in (b"\xff\xfe", b"a=" * 500, b"x" * 70_000):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = client.post("/api/page/do/load", content=content, headers=kind)
        assert 400 <= sent.status_code < 500
    assert client.post("/api/page/do/load", json=fields).status_code == 400


def test_html_in_names_and_errors_is_shown_as_text(visitor: Visitor, filled: Filled) -> None:
    [table] = [name for name in filled.tables if HOSTILE in name]
    failed = next(run for run in filled.newest if run.state == "failed")
    for address in (
        "/api/",
        table_path(table),
        f"/api/page/runs/{failed.run_id}",
        "/api/page/runs",
    ):
        assert visitor.go(address) == 200
        assert HOSTILE in visitor.text
        assert visitor.page.locator("img").count() == 0
        assert visitor.page.title().endswith("Tidemark")


@pytest.mark.long
def test_the_page_works_without_javascript(
    new_visitor: Callable[..., Visitor], api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    visitor = new_visitor(java_script_enabled=False)
    visitor.go("/api/page/runs?limit=1")
    visitor.send("Sign in")
    visitor.page.wait_for_url("**/api/")
    visitor.go(f"/api/page/do/load?table={table}")
    visitor.send("Load")
    visitor.page.wait_for_url("**/api/page/orders/*")
    assert api.wait_for_order(visitor.last_id)["state"] == "succeeded"
    visitor.send("Sign out")
    visitor.go("/api/page/runs")
    assert visitor.heading == "Sign in"


@pytest.fixture
def locked(stack: Stack, database: str, tmp_path: Path) -> Iterator[str]:
    """The address of a second host of the same app, which asks for keys."""
    settings = json.loads((stack.state / "stack.json").read_text())
    more = {"TIDEMARK_SESSION_KEY": "s" * 40, "TIDEMARK_TICK": "0 0 0 1 1 *", SETTING: database}
    command = ("-m", "local.functions_host", "--app", str(REPOSITORY), "--state", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, *command, "--require-keys"],
        cwd=REPOSITORY,
        env={**os.environ, **settings, **more, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as host:
        assert host.stdout is not None
        yield host.stdout.readline().split()[1]
        host.terminate()


def test_a_function_key_signs_in_and_is_found_nowhere_after(
    new_visitor: Callable[..., Visitor], locked: str, tmp_path: Path
) -> None:
    key = json.loads((tmp_path / "keys.json").read_text())["host"]
    visitor = new_visitor()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.go(f"{locked}/api/page/runs?limit=3")
    field = visitor.page.get_by_label("Function key")
    field.fill("wrong")
    visitor.send("Sign in")
    visitor.page.get_by_text("The host does not take this key.").wait_for()
    field.fill(key)
    visitor.send("Sign in")
    visitor.page.wait_for_url("**/api/page/runs?limit=3")
    assert visitor.heading == "Runs"
    kept = visitor.page.evaluate("[document.cookie, {...localStorage}, {...sessionStorage}]")
    assert kept == ["", {}, {}]
    [cookie] = visitor.context.cookies(locked)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert key not in " ".join([*asked, visitor.page.content(), str(cookie)])
    assert "key " in visitor.page.locator(".caller").inner_text()
