"""A proxy that passes requests on and loses the answers to the first of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx


@dataclass(slots=True, kw_only=True)
class Proxy:
    """Where it listens, how many answers it has still to lose, and how many it has lost."""

    url: str
    to_lose: int
    lost: int = 0


@contextmanager
def losing(url: str, answers: int) -> Iterator[Proxy]:
    """Pass on what is asked of `url`; hang up instead of giving its first answers."""

    class Passing(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            sent = {name: text for name, text in self.headers.items() if name.lower() != "host"}
            answer = httpx.request(self.command, url + self.path, content=content, headers=sent)
            if proxy.lost < proxy.to_lose:
                proxy.lost += 1
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.send_header("content-type", answer.headers["content-type"])
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _pass  # noqa: N815 - the names the library looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    proxy = Proxy(url=f"http://127.0.0.1:{server.server_port}", to_lose=answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
