"""Access keys."""

from collections.abc import Callable

import pytest
from functions_host_sample import Sample

STATUS = "/admin/host/status"
LIST = "/runtime/webhooks/durabletask/instances"
EVENTS = "/runtime/webhooks/eventgrid?functionName=on_event"


def test_keys_are_not_asked_for_unless_required(sample: Sample) -> None:
    assert sample.http.get("/api/secret").text == "opened"
    assert sample.http.get(STATUS).status_code == 200


@pytest.mark.parametrize(
    ("path", "opened_by"),
    [
        ("/api/files/x", {"none", "wrong", "other", "function", "host", "system", "master"}),
        ("/api/echo/a/1", {"function", "host", "master"}),
        ("/api/secret", {"master"}),
        (STATUS, {"master"}),
        (LIST, {"system", "master"}),
    ],
)
def test_a_key_opens_what_it_is_for(
    serve: Callable[..., Sample], path: str, opened_by: set[str]
) -> None:
    sample = serve(require_keys=True)
    keys = sample.host.keys
    known = {
        "none": "",
        "wrong": "guess",
        "other": keys.functions["secret"],
        "function": keys.functions["echo"],
        "host": keys.host,
        "system": keys.system["durabletask_extension"],
        "master": keys.master,
    }
    if path == "/api/secret":
        known["other"] = keys.functions["echo"]
    in_header = {
        name
        for name, key in known.items()
        if sample.http.get(path, headers={"x-functions-key": key}).status_code != 401
    }
    in_query = {
        name
        for name, key in known.items()
        if sample.http.get(path, params={"code": key}).status_code != 401
    }
    assert in_header == in_query == opened_by


def test_the_header_wins_over_the_query(serve: Callable[..., Sample]) -> None:
    sample = serve(require_keys=True)
    answer = sample.http.get(
        "/api/secret",
        params={"code": sample.host.keys.master},
        headers={"x-functions-key": "wrong"},
    )
    assert answer.status_code == 401


def test_event_grid_needs_its_system_key(serve: Callable[..., Sample]) -> None:
    sample = serve(require_keys=True)
    code = sample.host.keys.system["eventgrid_extension"]
    assert sample.http.options(EVENTS).status_code == 401
    assert sample.http.options(f"{EVENTS}&code={code}").status_code == 200


def test_the_durable_client_and_its_links_work_with_keys(serve: Callable[..., Sample]) -> None:
    sample = serve(require_keys=True)
    sample.http.headers["x-functions-key"] = sample.host.keys.functions["start"]
    links = sample.http.post("/api/start/child", json=3).json()
    assert sample.finish(links["id"])["output"] == 9
    del sample.http.headers["x-functions-key"]
    assert sample.http.get(links["statusQueryGetUri"]).json()["output"] == 9


def test_keys_stay_the_same_and_private(serve: Callable[..., Sample]) -> None:
    first = serve()
    first.host.stop()
    assert serve().host.keys == first.host.keys
    assert (first.trace.folder / "state" / "keys.json").stat().st_mode & 0o077 == 0
