"""A proxy on loopback that forwards requests, remembers them, and interferes where it is told to."""

import http.client
import socket
import struct
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import SplitResult, unquote_plus, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; `target` is path and query, readable."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer of the proxy's own, instead of the server's."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Concerns = Callable[[Request], bool]


class Interference:
    """What the proxy has seen and what it is to do. Each order counts for one request only."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.url = ""
        self._lost: list[Concerns] = []
        self._cut: list[Concerns] = []
        self._refused: list[tuple[Concerns, Refusal]] = []
        self._lock = Lock()

    def lose_answer(self, concerns: Concerns) -> None:
        """Carry the next such request out, but break the connection instead of answering."""
        self._lost.append(concerns)

    def cut_answer(self, concerns: Concerns) -> None:
        """Carry the next such request out, and reset the connection when half of the answer is sent."""
        self._cut.append(concerns)

    def refuse(self, concerns: Concerns, refusal: Refusal, *, times: int = 1) -> None:
        """Answer the next such requests without carrying them out."""
        self._refused += [(concerns, refusal)] * times

    def forget(self) -> None:
        """Take back what has not been done yet."""
        self._lost.clear()
        self._cut.clear()
        self._refused.clear()

    @property
    def is_pending(self) -> bool:
        """Whether an order has not met its request yet."""
        return bool(self._lost or self._cut or self._refused)

    def refusal(self, request: Request) -> Refusal | None:
        with self._lock:
            self.seen.append(request)
            for order in self._refused:
                if order[0](request):
                    self._refused.remove(order)
                    return order[1]
        return None

    def loses(self, request: Request) -> bool:
        return self._take(self._lost, request)

    def cuts(self, request: Request) -> bool:
        return self._take(self._cut, request)

    def _take(self, orders: list[Concerns], request: Request) -> bool:
        with self._lock:
            for order in orders:
                if order(request):
                    orders.remove(order)
                    return True
        return False


class _Forward(BaseHTTPRequestHandler):
    """One connection of a client. A subclass says to where, and what is to be done."""

    protocol_version = "HTTP/1.1"
    interference: Interference
    address: SplitResult

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(
            method=self.command,
            target=unquote_plus(self.path),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        refusal = self.interference.refusal(request)
        if refusal is not None:
            self._answer(refusal.status, refusal.headers, b"")
            return
        server = http.client.HTTPConnection(self.address.netloc)
        server.request(self.command, self.path, body=body, headers=dict(self.headers))
        answer = server.getresponse()
        content = answer.read()
        server.close()
        if self.interference.loses(request):
            self.close_connection = True
        elif self.interference.cuts(request):
            half = content[: len(content) // 2]
            self._answer(answer.status, dict(answer.getheaders()), half, len(content))
            self._reset()
        else:
            self._answer(answer.status, dict(answer.getheaders()), content, len(content))

    def _answer(
        self, status: int, headers: Mapping[str, str], content: bytes, length: int = 0
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        said = headers.get("Content-Length", "0") if self.command == "HEAD" else str(length)
        self.send_header("Content-Length", said)
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        """Close such that the client gets a reset, not an end."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = forward  # noqa: N815 - the base class chose the names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class chose the name
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def interfering(upstream: str) -> Generator[Interference]:
    """Run a proxy before the server at an account's URL."""
    address = urlsplit(upstream)
    control = Interference()
    forward = type("Forward", (_Forward,), {"interference": control, "address": address})
    with _Quiet(("127.0.0.1", 0), forward) as proxy:
        control.url = f"http://127.0.0.1:{proxy.server_port}{address.path}"
        serving = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield control
        finally:
            proxy.shutdown()
            serving.join()
