"""An order whose answer is lost is sent again under its key; nothing else is."""

import socket
import threading

import pytest
from api_answers import ORDER, TABLE, accepted, backfill, problem
from cli_call import Call
from playback_server import Playback

from cli import client

LOADS = "POST /api/loads"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSES", (0.001, 0.001, 0.001))


def keys(api: Playback) -> set[str | None]:
    return {asked.once for asked in api.asked}


def test_a_load_whose_answer_is_lost_is_sent_again_as_the_same(api: Playback, call: Call) -> None:
    api.drop(LOADS)
    api.drop(LOADS)
    api.play(LOADS, accepted(), 202)
    assert call("load", TABLE, "--no-wait").exit_code == 0
    assert api.routes == [LOADS] * 3
    assert len({str(asked.body) for asked in api.asked}) == 1
    assert len(keys(api)) == 1
    assert None not in keys(api)


def test_an_order_is_given_up_after_three_more_tries(api: Playback, call: Call) -> None:
    api.drop(LOADS)
    result = call("load", TABLE)
    assert result.exit_code == 3
    assert "may have been carried out" in result.stderr
    assert api.routes == [LOADS] * 4


def test_two_orders_are_never_taken_for_one(api: Playback, call: Call) -> None:
    api.play(LOADS, accepted(), 202)
    call("load", TABLE, "--no-wait")
    call("load", TABLE, "--no-wait")
    assert len(keys(api)) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("backfill", TABLE, "--from", "1", "--to", "2", "--no-wait"),
        ("backfill", "--resume", ORDER, "--no-wait"),
        ("rerun", ORDER, "--no-wait"),
    ],
)
def test_everything_that_orders_work_has_a_key(
    api: Playback, call: Call, arguments: tuple[str, ...]
) -> None:
    api.play(f"GET /api/backfills/{ORDER}", backfill("cancelled"))
    for route in ("POST /api/backfills", f"POST /api/runs/{ORDER}/rerun"):
        api.drop(route)
        api.play(route, accepted(), 202)
    assert call(*arguments).exit_code == 0
    orders = [asked for asked in api.asked if asked.method == "POST"]
    assert len(orders) == 2
    assert orders[0].once
    assert orders[0].once == orders[1].once


@pytest.mark.parametrize("status", [409, 422, 500, 503])
def test_an_answer_is_taken_as_it_is(api: Playback, call: Call, status: int) -> None:
    api.play(LOADS, problem(status, "not now"), status)
    call("load", TABLE)
    assert api.routes == [LOADS]


def test_an_app_that_was_never_reached_is_not_tried_again(call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        result = call("load", "--url", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 3
    assert "cannot be reached" in result.stderr
    assert "carried out" not in result.stderr


def test_an_app_that_is_gone_after_the_order_was_sent_is_tried_again(call: Call) -> None:
    """It may be starting anew; what is then said is that the order may have been placed."""
    server = socket.create_server(("127.0.0.1", 0))

    def take_and_die() -> None:
        connection, _ = server.accept()
        connection.recv(65_536)
        server.close()
        connection.close()

    thread = threading.Thread(target=take_and_die)
    thread.start()
    result = call("load", "--url", f"http://127.0.0.1:{server.getsockname()[1]}")
    thread.join()
    assert result.exit_code == 3
    assert "may have been carried out" in result.stderr
