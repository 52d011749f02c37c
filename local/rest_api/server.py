"""The HTTP side: five ways of paging over one collection, tokens, and faults on command.

`/offset?offset=&limit=`, `/page?page=&per_page=` (from 1), `/cursor?cursor=&limit=` (by id), `/link?page=`
and `/next?page=` (addresses), `/all`. An answer is `{"data": {"items": [...]}, "meta": {"total": n}}`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from local.rest_api.collection import Collection, Record

_USUAL_SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came; `number` counts them from 1."""

    number: int
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    form: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is answered instead, or done to the answer.

    `body` None is the usual one. `cut` sends so many bytes of it and hangs up, `drip` so many and then
    nothing for `still` seconds.
    """

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: int | None = None
    drip: int | None = None
    still: float = 5.0
    undated: bool = False


Meddle = Callable[[Asked], Fault | None]


@dataclass(slots=True, kw_only=True)
class RestApi:
    """The interface. `meddle` is asked at every request, and may change the collection."""

    collection: Collection
    meddle: Meddle = lambda _asked: None
    admits: Callable[[Asked], bool] = lambda _asked: True
    most: int = 1000
    asked: list[Asked] = field(default_factory=list[Asked])
    port: int = 0
    date: Callable[[], str] = lambda: formatdate(usegmt=True)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Generator[RestApi]:
        """Listen on a free port of this machine until left."""
        api = self

        class Exchange(_Exchange):
            serves = api

        server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
        server.daemon_threads = True
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes, Fault]:
        """Give status, headers and body of an answer, and what is done to it."""
        with self._lock:
            self.asked.append(asked)
            fault = self.meddle(asked) or Fault()
            if fault.status != 200 or fault.body is not None:  # noqa: PLR2004 - OK
                return fault.status, dict(fault.headers), fault.body or b"{}", fault
            if not self.admits(asked):
                return 401, {}, b"{}", fault
            headers, body = self._page(asked)
        return 200, {**headers, **fault.headers}, body, fault

    def _page(self, asked: Asked) -> tuple[dict[str, str], bytes]:
        query = asked.query
        found = self.collection.list(query)
        size = min(self.most, int(query.get("limit") or query.get("per_page") or _USUAL_SIZE))
        headers: dict[str, str] = {}
        more: dict[str, Any] = {}
        match asked.path:
            case "/offset":
                start = int(query.get("offset", 0))
                records = found[start : start + size]
            case "/cursor":
                after = json.loads(query["cursor"]) if "cursor" in query else None
                left = [r for r in found if after is None or r["id"] > after]
                records = left[:size]
                more = {"next": json.dumps(records[-1]["id"]) if len(left) > size else None}
                more["more"] = len(left) > size
            case "/page" | "/link" | "/next":
                number = int(query.get("page", 1))
                records = found[(number - 1) * size : number * size]
                if number * size < len(found):
                    url = f"{self.url}{asked.path}?{urlencode({**query, 'page': number + 1})}"
                    headers = {"Link": f'<{url}>; rel="next"'} if asked.path == "/link" else {}
                    more = {"next": url} if asked.path == "/next" else {}
            case _:
                records = found
        return headers, self._body(records, len(found), more)

    @staticmethod
    def _body(records: list[Record], total: int, more: dict[str, Any]) -> bytes:
        return json.dumps({"data": {"items": records}, "meta": {"total": total, **more}}).encode()


class _Exchange(BaseHTTPRequestHandler):
    """One connection of a client."""

    serves: RestApi
    protocol_version = "HTTP/1.1"
    # Headers and body go apart; together they would wait for each other.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        asked = Asked(
            number=len(self.serves.asked) + 1,
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            form=dict(parse_qsl(self.rfile.read(length).decode())),
        )
        status, headers, body, fault = self.serves.answer(asked)
        self.send_response_only(status)
        if not fault.undated:
            self.send_header("Date", self.serves.date())
        kinds = {name.lower() for name in headers}
        if "content-type" not in kinds:
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):
            self.end_headers()
            self._send(body, fault)

    def _send(self, body: bytes, fault: Fault) -> None:
        if fault.cut is not None:
            self.wfile.write(body[: fault.cut])
            self.close_connection = True
        elif fault.drip is not None:
            self.wfile.write(body[: fault.drip])
            self.wfile.flush()
            threading.Event().wait(fault.still)
            self.close_connection = True
        else:
            self.wfile.write(body)
