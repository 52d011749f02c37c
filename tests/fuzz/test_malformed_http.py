"""What is hardly HTTP is refused as well: no answer is a server's error, and the next one is as ever."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest
from e2e_stack import Stack
from e2e_waiting import PATIENCE_SECONDS

BODY = b'{"tables": ["no/such.table"]}'


def post(body: bytes, *headers: bytes, path: bytes = b"/api/loads") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return request(b"POST", path, *headers, length) + body


def request(method: bytes, path: bytes, *headers: bytes) -> bytes:
    lines = (method + b" " + path + b" HTTP/1.1", b"Host: localhost", *headers)
    return b"\r\n".join((*lines, b"Connection: close", b"", b""))


def chunked(*chunks: bytes) -> bytes:
    head = request(b"POST", b"/api/loads", b"Transfer-Encoding: chunked")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


MALFORMED = {
    "no JSON": post(b"{"),
    "two JSON texts": post(b"{}{}"),
    "a NUL alone": post(b"\0"),
    "a NUL in a text": post(b'{"source": "a\\u0000b"}'),
    "a key twice": post(b'{"mode": "initial", "mode": "full"}'),
    "not UTF-8": post(b'{"source": "\xff"}'),
    "UTF-16": post('{"source": "x"}'.encode("utf-16")),
    "half a pair": post(b'{"source": "\\ud83d"}'),
    "not a number": post(b'{"after": NaN}'),
    "a number without end": post(b'{"after": 1e999999}'),
    "nested without end": post(b"[" * 200_000),
    "a form": post(b"tables=a", b"Content-Type: application/x-www-form-urlencoded"),
    "a text": post(BODY, b"Content-Type: text/plain"),
    "files without an end": post(b"--x\r\n", b"Content-Type: multipart/form-data; boundary=x"),
    "an encoding nobody knows": post(BODY, b"Content-Type: application/json; charset=klingon"),
    "in chunks": chunked(BODY[:7], BODY[7:]),
    "a chunk of no length": request(b"POST", b"/api/loads", b"Transfer-Encoding: chunked") + b"zz",
    "a length that is no number": request(b"POST", b"/api/loads", b"Content-Length: many"),
    "two lengths": post(BODY, b"Content-Length: 3"),
    "an encoding of transfer nobody knows": post(BODY, b"Transfer-Encoding: morse"),
    "an expectation nobody meets": post(BODY, b"Expect: wonders"),
    "a key that is too long": post(b"{}", b"Idempotency-Key: " + b"k" * 201),
    "a key that is not ASCII": post(b"{}", b"Idempotency-Key: \xc3\xa9\xff"),
    "two keys": post(BODY, b"Idempotency-Key: a", b"Idempotency-Key: b"),
    "a tab as a key": post(b"{}", b"Idempotency-Key: a\tb"),
    "a huge header": request(b"GET", b"/api/runs", b"X-Huge: " + b"x" * 100_000),
    "many headers": request(b"GET", b"/api/orders/x", *(b"X-%d: y" % n for n in range(5_000))),
    "a huge path": request(b"GET", b"/api/orders/" + b"x" * 100_000),
    "a header without a colon": request(b"GET", b"/api/runs", b"nothing"),
    "a broken header of Durable": request(b"GET", b"/api/orders/x", b"traceparent: \xff\xfe"),
    "an id that is not UTF-8": request(b"GET", b"/api/orders/%ff%fe"),
    "an id with a NUL": request(b"GET", b"/api/runs/a%00b.c.d"),
    "an id with a slash": request(b"GET", b"/api/orders/a%2Fb"),
    "half an escape": request(b"GET", b"/api/orders/%4"),
    "a table with a NUL": request(b"GET", b"/api/tables/fuzz/fuzz.%00item"),
    "a way up": request(b"GET", b"/api/tables/../../etc/passwd"),
    "an escaped way up": request(b"GET", b"/api/tables/%2e%2e/%2e%2e%2fetc"),
    "raw bytes in a path": request(b"GET", b"/api/orders/\xff\xfe"),
    "a query that is not UTF-8": request(b"GET", b"/api/runs?table=%ff%fe"),
    "a query with a NUL": request(b"GET", b"/api/runs?table=%00"),
    "a query twice": request(b"GET", b"/api/runs?limit=1&limit=2"),
    "a query without a name": request(b"GET", b"/api/runs?=1"),
    "a limit in other digits": request(b"GET", b"/api/runs?limit=%D9%A3"),
    "a page that is none": request(b"GET", b"/api/runs?page=%F0%9F%98%80"),
    "a time far away": request(b"GET", b"/api/runs?since=9999-12-31T23:59:59-23:59"),
    "no such place": request(b"GET", b"/api/nothing"),
    "TRACE": request(b"TRACE", b"/api/runs"),
    "PATCH": request(b"PATCH", b"/api/loads"),
    "HEAD": request(b"HEAD", b"/api/loads"),
    "OPTIONS": request(b"OPTIONS", b"/api/loads"),
    "a method nobody knows": request(b"GRAB", b"/api/runs"),
    "a version of the future": b"GET /api/orders/x HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x00\xa5\x01\x00",
}


def test_a_body_that_is_not_compressed_as_it_says_is_the_senders_fault(fuzzed: Stack) -> None:
    sent = post(BODY, b"Content-Encoding: gzip")
    assert 400 <= status_of(fuzzed.url, sent) < 500


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_the_senders_fault(
    fuzzed: Stack, http: httpx.Client, sent: bytes
) -> None:
    assert 400 <= status_of(fuzzed.url, sent) < 500
    assert http.get("/api/runs?limit=1").status_code == 200


def status_of(url: str, sent: bytes) -> int:
    """Send bytes as they are; give the status of the answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), PATIENCE_SECONDS) as connection:
        connection.sendall(sent)
        return int(connection.makefile("rb").readline().split()[1])
