"""One client connection: reads requests, lets them be answered, writes answers."""

import os
import sys
import traceback
import uuid
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from local.datalake.body import Body
from local.datalake.errors import Fault, Refused
from local.datalake.request import Request, parse_query
from local.datalake.response import Response, Stretch, refusal
from local.datalake.routes import is_blob_call

_API_VERSION = "2023-11-03"  # named in answers to requests that name none

Answer = Callable[[Request], Response]


class Connection(BaseHTTPRequestHandler):
    """A kept-alive connection, served by a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, answer: Answer, *arguments: object) -> None:
        self._answer = answer
        super().__init__(*arguments)  # pyright: ignore[reportArgumentType] - passed on as socketserver gives them

    def do_request(self) -> None:
        try:
            request = self._read()
        except Refused as refused:
            # Where the body ends is unknown, so nothing more can be read here.
            self.close_connection = True
            self._write(refusal(refused, is_blob=False))
            return
        response = self._answered(request)
        request.body.drain()
        self._write(response)

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_request  # noqa: N815 - as http.server calls them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Stay silent: clients log what they did, and failures have a traceback."""

    def _answered(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except Refused as refused:
            return refusal(refused, is_blob=is_blob_call(request))
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - the boundary of the thread: the client gets a 500
            traceback.print_exc(file=sys.stderr)
            return refusal(Refused(Fault.INTERNAL_ERROR), is_blob=is_blob_call(request))

    def _read(self) -> Request:
        sent = list(self.headers.items())
        headers = {name.lower(): value for name, value in sent}
        if len(headers) != len(sent) or any("\n" in value for value in headers.values()):
            raise Refused(Fault.INVALID_HEADER_VALUE, "A header is folded or sent twice.")
        if "transfer-encoding" in headers:
            raise Refused(Fault.LENGTH_MISSING)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise Refused(Fault.INVALID_HEADER_VALUE, "Content-Length is no number.")
        raw_path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            raw_path=raw_path,
            query=parse_query(query),
            sent=sent,
            headers=headers,
            body=Body(self.rfile, int(length)),
        )

    def _write(self, response: Response) -> None:
        body = response.body
        length = body.length if isinstance(body, Stretch) else len(body)
        headers = {
            "Content-Length": str(length),
            **response.headers,
            "Date": formatdate(usegmt=True),
            "Server": "tidemark-datalake",
            "x-ms-request-id": str(uuid.uuid4()),
            "x-ms-version": self.headers.get("x-ms-version", _API_VERSION),
        }
        if client_id := self.headers.get("x-ms-client-request-id"):
            headers["x-ms-client-request-id"] = client_id
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("iso-8859-1")
        bodiless = self.command == "HEAD" or response.status == HTTPStatus.NOT_MODIFIED
        if isinstance(body, Stretch):
            self._write_stretch(head, body)
        else:
            self.wfile.write(head if bodiless else head + body)

    def _write_stretch(self, head: bytes, stretch: Stretch) -> None:
        try:
            self.wfile.write(head)
            offset, end = stretch.offset, stretch.offset + stretch.length
            while offset < end:
                sent = os.sendfile(
                    self.connection.fileno(), stretch.descriptor, offset, end - offset
                )
                if not sent:
                    raise ConnectionError("The file was cut on disk while it was being sent.")
                offset += sent
        finally:
            os.close(stretch.descriptor)
