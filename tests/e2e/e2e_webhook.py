"""A webhook that keeps what it is sent."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """Where alerts arrive."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[dict[str, Any]] = []

    def alerts(self, order_id: str) -> list[dict[str, Any]]:
        """What was said of one order."""
        return [alert for alert in self.received if alert["order_id"] == order_id]


@contextmanager
def listening() -> Generator[Webhook]:
    """Listen on a free port of the loopback."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            webhook.received.append(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        webhook = Webhook(f"http://127.0.0.1:{server.server_port}/alerts")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield webhook
        finally:
            server.shutdown()
            thread.join()
