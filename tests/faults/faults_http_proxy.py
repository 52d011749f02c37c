"""A proxy before a storage account that does to requests what networks and busy services do.

Shared-key signatures cover the path and not the host, so that requests pass through it unchanged.
"""

import http.client
import socket
import struct
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from urllib.parse import SplitResult, urlsplit

# Longer than the patience of a worker of these tests with an answer.
STALL_SECONDS = 4.0

REFUSALS = {"busy": 503, "broken": 500, "throttled": 429}
FAULTS = (
    *REFUSALS,
    "refused",  # the connection is closed before the request is read
    "cut request",  # half of the body arrives at the service, then the connection is reset
    "cut answer",  # the request is carried out; half of the answer arrives
    "lost answer",  # the request is carried out; the connection is reset instead of an answer
    "late request",  # nothing answers until the client has given up, and nothing was done
    "late answer",  # the request is carried out; the answer comes after the client has given up
)


class Unruly:
    """Decides what is done to which request. Quiet unless `rate` is above 0."""

    def __init__(self, seed: str) -> None:
        self.url = ""
        self.rate = 0.0
        self.kinds: tuple[str, ...] = FAULTS
        self.done: Counter[str] = Counter()
        self._chance = Random(seed)  # noqa: S311 - a test that can be repeated
        self._lock = Lock()

    def choose(self) -> str | None:
        """Give the fault for the next request, None to let it pass."""
        with self._lock:
            if self._chance.random() >= self.rate:
                return None
            fault = self._chance.choice(self.kinds)
            self.done[fault] += 1
            return fault


class _Forward(BaseHTTPRequestHandler):
    """One connection of a client. A subclass says to where, and who decides."""

    protocol_version = "HTTP/1.1"
    control: Unruly
    address: SplitResult

    def forward(self) -> None:
        fault = self.control.choose()
        if fault == "refused":
            self._reset()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if fault in REFUSALS:
            self._answer(REFUSALS[fault], {"Retry-After": "1"}, b"")
        elif fault == "cut request":
            self._send_half(body)
            self._reset()
        elif fault == "late request":
            time.sleep(STALL_SECONDS)
            self._reset()
        else:
            self._forward(body, fault)

    def _forward(self, body: bytes, fault: str | None) -> None:
        server = http.client.HTTPConnection(self.address.netloc)
        server.request(self.command, self.path, body=body, headers=dict(self.headers))
        answer = server.getresponse()
        content = answer.read()
        server.close()
        if fault == "lost answer":
            self._reset()
            return
        if fault == "late answer":
            time.sleep(STALL_SECONDS)
        part = content[: len(content) // 2] if fault == "cut answer" else content
        self._answer(answer.status, dict(answer.getheaders()), part, len(content))
        if fault == "cut answer":
            self._reset()

    def _answer(
        self, status: int, headers: dict[str, str], content: bytes, length: int = 0
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        said = headers.get("Content-Length", "0") if self.command == "HEAD" else str(length)
        self.send_header("Content-Length", said)
        self.end_headers()
        self.wfile.write(content)

    def _send_half(self, body: bytes) -> None:
        with socket.create_connection((self.address.hostname, self.address.port)) as server:
            head = [f"{self.command} {self.path} HTTP/1.1"]
            head += [f"{name}: {value}" for name, value in self.headers.items()]
            server.sendall("\r\n".join([*head, "", ""]).encode() + body[: len(body) // 2])

    def _reset(self) -> None:
        """Close such that the client gets a reset, not an end."""
        self.close_connection = True
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = forward  # noqa: N815 - the base class chose the names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class chose the name
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def unruly(upstream: str, seed: str) -> Generator[Unruly]:
    """Run a proxy before the server at an account's URL."""
    address = urlsplit(upstream)
    control = Unruly(seed)
    forward = type("Forward", (_Forward,), {"control": control, "address": address})
    with _Quiet(("127.0.0.1", 0), forward) as proxy:
        control.url = f"http://127.0.0.1:{proxy.server_port}{address.path}"
        serving = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield control
        finally:
            proxy.shutdown()
            serving.join()
