"""A request may be so large, and a caller may send so many: what is over is refused and says for how long."""

import asyncio
from typing import Any

import azure.functions as func
import pytest

from shared.runtime.settings import USUAL_PACE, SettingsIncomplete, pace_of
from shared.runtime.wiring import App
from web.access import door
from web.access.limits import (
    MOST_BODY_BYTES,
    MOST_HEADER_BYTES,
    MOST_URL_BYTES,
    Pace,
    RequestTooLarge,
    TooManyRequests,
    check_size,
)
from web.api.exchange import Answer, Request, problem_of
from web.api.http import respond

URL = "https://tidemark.example/api/runs?table="


def sized(url: int = 0, headers: int = 0, body: int = 0) -> func.HttpRequest:
    address = URL + "x" * (url - len(URL))
    return func.HttpRequest("POST", address, headers={"x": "y" * (headers - 1)}, body=b"b" * body)


@pytest.mark.parametrize(
    ("part", "most", "status"),
    [
        ("body", MOST_BODY_BYTES, 413),
        ("url", MOST_URL_BYTES, 414),
        ("headers", MOST_HEADER_BYTES, 431),
    ],
)
def test_what_is_larger_than_a_limit_is_refused_and_the_limit_named(
    part: str, most: int, status: int
) -> None:
    check_size(sized(**{part: most}))
    with pytest.raises(RequestTooLarge) as refused:
        check_size(sized(**{part: most + 1}))
    problem = problem_of(refused.value)
    assert (problem.status, str(most) in problem.detail) == (status, True)


def get_runs(app: App, request: Request) -> Answer:
    raise AssertionError("the door lets nobody in")


def test_over_http_a_refusal_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(per_minute=1, clock=Clock())
    pace.keep("no key")
    monkeypatch.setattr(door, "_pace", lambda: pace)
    answer = asyncio.run(respond(get_runs, func.HttpRequest("GET", URL, body=b"")))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(pace: Pace, caller: str) -> int:
    """Give for how long a caller is refused; 0 if it is not."""
    try:
        pace.keep(caller)
    except TooManyRequests as error:
        return error.pause_seconds
    return 0


def test_a_caller_may_send_a_minutes_worth_at_once_and_is_then_told_to_wait() -> None:
    clock = Clock()
    pace = Pace(per_minute=6, clock=clock)
    assert [refused(pace, "anna") for _ in range(8)] == [0, 0, 0, 0, 0, 0, 10, 10]
    clock.now = 9.5
    assert refused(pace, "anna") == 1
    clock.now = 10.0
    assert [refused(pace, "anna"), refused(pace, "anna")] == [0, 10]


def test_who_waits_as_long_as_it_is_told_is_let_in() -> None:
    clock = Clock()
    pace = Pace(per_minute=7, clock=clock)
    for _ in range(100):
        pause = refused(pace, "anna")
        clock.now += pause
        assert pause == 0 or refused(pace, "anna") == 0


def test_one_caller_does_not_use_up_what_another_may_send() -> None:
    pace = Pace(per_minute=1, clock=Clock())
    assert [refused(pace, name) for name in ("anna", "otto", "anna", "otto")] == [0, 0, 60, 60]


def test_what_was_not_used_does_not_pile_up() -> None:
    clock = Clock()
    pace = Pace(per_minute=2, clock=clock)
    pace.keep("anna")
    clock.now = 1e6
    assert [refused(pace, "anna") for _ in range(3)] == [0, 0, 30]


def test_callers_without_number_take_no_memory_without_end() -> None:
    pace = Pace(per_minute=1, clock=Clock())
    for number in range(20_000):
        pace.keep(str(number))
    assert len(pace._buckets) == 10_000


def test_a_refusal_says_how_long_to_wait() -> None:
    problem = problem_of(TooManyRequests("anna has sent too many", 17))
    assert (problem.status, problem.pause_seconds) == (429, 17)


@pytest.mark.parametrize(("text", "number"), [(None, USUAL_PACE), ("", USUAL_PACE), ("30", 30)])
def test_the_pace_is_a_setting(text: Any, number: int) -> None:
    assert pace_of({} if text is None else {"TIDEMARK_REQUESTS_PER_MINUTE": text}) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "\u0663", "99999999"])
def test_a_pace_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(SettingsIncomplete):
        pace_of({"TIDEMARK_REQUESTS_PER_MINUTE": text})
