"""A proxy on loopback that forwards requests, remembers them, and interferes where it is told to."""

import http.client
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import unquote_plus, urlsplit


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
        self._refused: list[tuple[Concerns, Refusal]] = []
        self._lock = Lock()

    def lose_answer(self, concerns: Concerns) -> None:
        """Carry the next such request out, but break the connection instead of answering."""
        self._lost.append(concerns)

    def refuse(self, concerns: Concerns, refusal: Refusal, *, times: int = 1) -> None:
        """Answer the next such requests without carrying them out."""
        self._refused += [(concerns, refusal)] * times

    def forget(self) -> None:
        """Take back what has not been done yet."""
        self._lost.clear()
        self._refused.clear()

    @property
    def is_pending(self) -> bool:
        """Whether an order has not met its request yet."""
        return bool(self._lost or self._refused)

    def refusal(self, request: Request) -> Refusal | None:
        with self._lock:
            self.seen.append(request)
            for order in self._refused:
                if order[0](request):
                    self._refused.remove(order)
                    return order[1]
        return None

    def loses(self, request: Request) -> bool:
        with self._lock:
            for order in self._lost:
                if order(request):
                    self._lost.remove(order)
                    return True
        return False


@contextmanager
def interfering(upstream: str) -> Generator[Interference]:
    """Run a proxy before the server at an account's URL."""
    address = urlsplit(upstream)
    interference = Interference()

    class Forward(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(
                method=self.command,
                target=unquote_plus(self.path),
                headers={name.lower(): value for name, value in self.headers.items()},
            )
            refusal = interference.refusal(request)
            if refusal is not None:
                self.answer(refusal.status, refusal.headers, b"")
                return
            server = http.client.HTTPConnection(address.netloc)
            server.request(self.command, self.path, body=body, headers=dict(self.headers))
            answer = server.getresponse()
            content = answer.read()
            server.close()
            if interference.loses(request):
                self.close_connection = True
                return
            self.answer(answer.status, dict(answer.getheaders()), content)

        def answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            if self.command == "HEAD":
                self.send_header("Content-Length", headers.get("Content-Length", "0"))
            else:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = forward  # noqa: N815 - the base class chose the names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class chose the name
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    with Quiet(("127.0.0.1", 0), Forward) as proxy:
        interference.url = f"http://127.0.0.1:{proxy.server_port}{address.path}"
        serving = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield interference
        finally:
            proxy.shutdown()
            serving.join()
