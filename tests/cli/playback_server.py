"""A server that plays back answers of the API, and remembers what it was asked."""

import json
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

DROPPED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it arrived; `path` is as sent, escapes included, `once` the idempotency key."""

    method: str
    path: str
    query: dict[str, list[str]]
    key: str | None
    token: str | None
    once: str | None
    body: Any


@dataclass(slots=True, kw_only=True)
class Playback:
    """Answers by route: each is given once, the last one of a route for ever."""

    url: str
    answers: dict[str, deque[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[Asked] = field(default_factory=list[Asked])
    changed: Condition = field(default_factory=Condition)

    def play(self, route: str, content: object, status: int = 200) -> None:
        """Answer `METHOD /path` by this after what was given before; bytes are sent as they are."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers[route].append((status, raw))

    def drop(self, route: str) -> None:
        """Hang up on `METHOD /path` instead of answering."""
        self.play(route, b"", DROPPED)

    def next(self, asked: Asked) -> tuple[int, bytes]:
        with self.changed:
            self.asked.append(asked)
            self.changed.notify_all()
            found = self.answers[f"{asked.method} {asked.path}"]
            if not found:
                return 404, b""
            return found.popleft() if len(found) > 1 else found[0]

    def await_asked(self, route: str) -> None:
        """Wait until `METHOD /path` has been asked for."""
        with self.changed:
            assert self.changed.wait_for(lambda: route in self.routes, timeout=30)

    @property
    def routes(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]


@contextmanager
def serve() -> Iterator[Playback]:
    """Serve on a free port of the loopback address."""

    class Answering(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Asked(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query),
                key=self.headers.get("x-functions-key"),
                token=self.headers.get("authorization"),
                once=self.headers.get("idempotency-key"),
                body=json.loads(sent) if sent else None,
            )
            status, content = playback.next(asked)
            if status == DROPPED:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            if 300 <= status < 400:
                self.send_header("location", "https://elsewhere.example/api/tables?code=secret")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names the library looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    playback = Playback(url=f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield playback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
