"""HTTP triggers."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from functions_host_sample import Sample


def test_a_function_sees_the_whole_request_and_its_answer_arrives_whole(sample: Sample) -> None:
    answer = sample.http.post(
        "/api/echo/one%20two/5?q=1&q=2", content="body", headers={"X-Agent": "me"}
    )
    assert answer.status_code == 201
    assert answer.headers["X-Echo"] == "yes"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "params": {"a": "one two", "b": "5"},
        "query": {"q": "1,2"},
        "method": "POST",
        "body": "body",
        "agent": "me",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/api/echo/a/special", 200, "special a"),
        ("GET", "/api/ECHO/a/Special", 200, "special a"),
        ("GET", "/api/echo/a/word", 404, ""),
        ("POST", "/api/echo/a/special", 404, ""),
        ("GET", "/api/files/a/b.txt", 200, "a/b.txt"),
        ("GET", "/api/files", 200, "(none)"),
        ("GET", "/api/", 200, "root"),
        ("GET", "/api", 200, "root"),
        ("GET", "/api/unheard", 404, ""),
        ("GET", "/", 404, ""),
        ("GET", "/api/nothing", 204, ""),
        ("GET", "/api/who", 200, "who 36"),
    ],
)
def test_a_request_finds_its_function(
    sample: Sample, method: str, path: str, status: int, text: str
) -> None:
    answer = sample.http.request(method, path)
    assert (answer.status_code, answer.text) == (status, text)


def test_a_function_that_raises_answers_500_and_tells_the_caller_nothing(
    sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    answer = sample.http.get("/api/broken")
    assert (answer.status_code, answer.content) == (500, b"")
    # Its type and where it was raised; whether its text is told hangs on how the process logs.
    assert "RuntimeError" in caplog.text
    assert re.search(r"function_app.py\W.* broken", caplog.text)


def test_a_slow_function_does_not_hold_up_others(sample: Sample) -> None:
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(sample.http.get, "/api/slow")
        sample.trace.await_line("slow began")
        assert sample.http.get("/api/files/x").text == "x"
        assert not slow.done()
        sample.trace.open()
        assert slow.result().text == "slow done"


def test_a_body_above_the_limit_is_refused(serve: Callable[..., Sample]) -> None:
    sample = serve(largest_body_bytes=1000)
    assert sample.http.post("/api/echo/a/1", content=b"x" * 900).status_code == 201
    assert sample.http.post("/api/echo/a/1", content=b"x" * 1100).status_code == 413


def test_the_host_says_that_it_runs(sample: Sample) -> None:
    assert sample.http.get("/admin/host/status").json()["state"] == "Running"
