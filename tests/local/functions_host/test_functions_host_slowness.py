"""Who sends slowly, or half of a request, holds nobody else up and is let go in time."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from functions_host_sample import PATIENCE_SECONDS, Sample

HALVES = {
    "nothing": b"",
    "half a line": b"POST /api/echo/a/5 HT",
    "half of the headers": b"POST /api/echo/a/5 HTTP/1.1\r\nHost: localhost\r\nX-Agent: m",
    "half of a body": b"POST /api/echo/a/5 HTTP/1.1\r\nHost: l\r\nContent-Length: 100\r\n\r\nhalf",
    "half a chunk": (
        b"POST /api/echo/a/5 HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"
    ),
}


def connect(sample: Sample) -> socket.socket:
    parts = urlsplit(sample.host.url)
    return socket.create_connection((parts.hostname, parts.port), PATIENCE_SECONDS)


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
def test_half_a_request_is_let_go_and_holds_nobody_up(
    serve: Callable[..., Sample], sent: bytes
) -> None:
    sample = serve(idle_seconds=0.2)
    with connect(sample) as half:
        half.sendall(sent)
        assert sample.http.get("/api/echo/a/special").status_code == 200
        # Read until the host hangs up: otherwise this runs into the time limit of the socket.
        answer = b"".join(iter(lambda: half.recv(4096), b""))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
def test_who_hangs_up_his_half_is_answered_or_let_go(sample: Sample, sent: bytes) -> None:
    with connect(sample) as half:
        half.sendall(sent)
        half.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: half.recv(4096), b""))
    assert b" 500 " not in answer
    assert sample.http.get("/api/echo/a/special").status_code == 200


def test_requests_that_are_sent_one_behind_the_other_are_answered_in_their_order(
    sample: Sample,
) -> None:
    asked = [b"GET /api/echo/a/special HTTP/1.1\r\nHost: l\r\n\r\n"] * 3
    last = b"GET /api/who HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n"
    with connect(sample) as piped:
        piped.sendall(b"".join([*asked, last]))
        answer = b"".join(iter(lambda: piped.recv(4096), b""))
    assert answer.count(b"special a") == 3
    assert answer.endswith(b"who 36")
