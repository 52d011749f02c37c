"""What proxies before a storage account have in common: a request is passed on, and its answer given or spoilt.

Shared-key signatures cover the path and not the host, so that requests pass through unchanged.
"""

import http.client
import socket
import struct
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import SplitResult, urlsplit

_OF_THE_CONNECTION = ("transfer-encoding", "content-length", "connection")


class Forwarding(BaseHTTPRequestHandler):
    """One connection of a client. A subclass says in `forward` what becomes of a request."""

    protocol_version = "HTTP/1.1"
    address: SplitResult

    def forward(self) -> None:
        """Take one request."""
        raise NotImplementedError

    def read_body(self) -> bytes:
        """Read what the client sends."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def carry_out(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Let the server carry the request out; gives status, headers and content of its answer."""
        server = http.client.HTTPConnection(self.address.netloc)
        server.request(self.command, self.path, body=body, headers=dict(self.headers))
        answer = server.getresponse()
        content = answer.read()
        server.close()
        return answer.status, dict(answer.getheaders()), content

    def give(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        """Answer the client."""
        self._head(status, headers, len(content))
        self.wfile.write(content)

    def give_half(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        """Promise the whole answer, send half of it, and reset the connection."""
        self._head(status, headers, len(content))
        self.wfile.write(content[: len(content) // 2])
        self.reset()

    def reset(self) -> None:
        """Close such that the client gets a reset, not an end."""
        self.close_connection = True
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def _head(self, status: int, headers: Mapping[str, str], length: int) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        said = headers.get("Content-Length", "0") if self.command == "HEAD" else str(length)
        self.send_header("Content-Length", said)
        self.end_headers()

    def _forward(self) -> None:
        self.forward()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _forward  # noqa: N815 - the base class chose the names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class chose the name
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def proxying(upstream: str, handler: type[Forwarding], control: Any) -> Generator[str]:
    """Run a proxy before the server at an account's URL, and give its own; handlers find `control`."""
    address = urlsplit(upstream)
    own = type("Own", (handler,), {"control": control, "address": address})
    with _Quiet(("127.0.0.1", 0), own) as proxy:
        serving = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_port}{address.path}"
        finally:
            proxy.shutdown()
            serving.join()
