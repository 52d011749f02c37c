"""Whatever is sent: no server's error, every order that was accepted ends, and no answer holds a secret."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from e2e_stack import Stack
from e2e_waiting import PATIENCE_SECONDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from security_rig import TABLE, Person, principal

from local.azurite.process import KEY
from tests.long_forms import LONG

BOUNDED = settings(
    max_examples=60 if LONG else 20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(TABLE),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = [
    "tables",
    "table",
    "mode",
    "after",
    "from",
    "to",
    "window",
    "parallel",
    "compare",
    "release",
]
BODY = st.dictionaries(st.sampled_from(FIELDS), JSON | st.just([TABLE]), max_size=4)
PATHS = ["loads", "backfills", "reconciliations", "plans", "refreshes", "runs/x/rerun"]
ORDER = json.dumps({"tables": [TABLE]}).encode()
LARGE = 1024 * 1024 + 1


def leaks(text: str) -> list[str]:
    return [secret for secret in (KEY, KEY.rstrip("="), "postgresql://") if secret in text]


def raw(method: bytes, path: bytes, body: bytes = b"", *headers: bytes) -> bytes:
    [(name, value)] = principal("otto@example.com", "Tidemark.Operate").items()
    lines = (method + b" " + path + b" HTTP/1.1", b"Host: l", f"{name}: {value}".encode(), *headers)
    return b"\r\n".join((*lines, b"Content-Length: %d" % len(body), b"", body))


def exchange(url: str, sent: bytes) -> bytes:
    """Send bytes, hang up this side, and read to the end."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), PATIENCE_SECONDS) as connection:
        connection.sendall(sent)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer


CLOSE = b"Connection: close"
HOSTILE = {
    "too large": raw(b"POST", b"/api/loads", b" " * LARGE, CLOSE),
    "deep": raw(b"POST", b"/api/loads", b'{"after":' + b"[" * 500 + b"]" * 500 + b"}", CLOSE),
    "a field twice": raw(b"POST", b"/api/loads", b'{"tables":[],"tables":[]}', CLOSE),
    "a huge number": raw(b"POST", b"/api/plans", b'{"after":' + b"9" * 9_000 + b"}", CLOSE),
    "a long key": raw(b"POST", b"/api/loads", ORDER, b"Idempotency-Key: " + b"k" * 5_000, CLOSE),
    "another method said in a header": raw(
        b"GET", b"/api/loads", b"", b"X-HTTP-Method-Override: POST", CLOSE
    ),
    "a way up": raw(b"GET", b"/api/../../../../proc/self/environ", b"", CLOSE),
    "an escaped way up": raw(
        b"GET", b"/api/orders/..%2f..%2f..%2fproc%2fself%2fenviron", b"", CLOSE
    ),
    "two principals": raw(b"POST", b"/api/loads", ORDER, b"X-MS-CLIENT-PRINCIPAL: e30=", CLOSE),
    "an absolute address": raw(b"GET", b"http://169.254.169.254/api/runs?x=%00", b"", CLOSE),
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_hostile_requests_are_the_senders_fault_and_told_nothing(
    guarded: Stack, sent: bytes
) -> None:
    answer = exchange(guarded.url, sent)
    assert 400 <= int(answer.split()[1]) < 500
    assert leaks(answer.decode("utf-8", "replace")) == []


def test_orders_that_are_sent_one_behind_the_other_are_all_accepted_and_all_end(
    guarded: Stack, operator: Person
) -> None:
    one, last = raw(b"POST", b"/api/loads", ORDER), raw(b"POST", b"/api/loads", ORDER, CLOSE)
    answer = exchange(guarded.url, one + last).decode()
    ids = [
        json.loads("{" + part.split("{", 1)[1].rsplit("}", 1)[0] + "}")["order_id"]
        for part in answer.split("HTTP/1.1 202")[1:]
    ]
    assert len(set(ids)) == 2
    assert {operator.wait_for_order(order_id)["state"] for order_id in ids} == {"succeeded"}


def test_an_order_whose_sender_hangs_up_is_whole_or_is_none(
    guarded: Stack, operator: Person
) -> None:
    parts = urlsplit(guarded.url)
    sent = raw(b"POST", b"/api/loads", ORDER)
    for length in (len(sent), len(sent) - 1, len(sent) // 2):
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(sent[:length])
    for order in operator.get("/api/orders", limit=10)["orders"]:
        ended = operator.wait_for_order(order["order_id"])
        tables = [each["table"] for each in ended.get("tables", ())]
        # Those of other tests' tables may fail.
        assert ended["state"] == "succeeded" or tables != [TABLE]


@given(path=st.sampled_from(PATHS), body=BODY)
@BOUNDED
def test_whatever_is_asked_of_an_operator_route_no_order_is_lost(
    guarded: Stack, operator: Person, path: str, body: dict[str, Any]
) -> None:
    content = json.dumps(body).encode()
    answer = operator.http.post(f"/api/{path}", content=content)
    assert answer.status_code < 500, answer.text
    assert leaks(answer.text) == []
    if answer.status_code == 202 and "order_id" in answer.json():
        kind = "backfills" if path == "backfills" else "orders"
        assert operator.wait_for_order(answer.json()["order_id"], kind)["state"] != "queued"
