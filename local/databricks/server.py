"""The server: listens on loopback, one thread per connection, and checks the bearer token."""

from __future__ import annotations

import hmac
import json
import re
import sys
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from local.databricks.api import JobsApi
from local.databricks.errors import Refused, bad_request
from local.databricks.execution import Execution
from local.databricks.jobs import Jobs
from local.databricks.store import Store
from local.databricks.views import page

LOOPBACK = "127.0.0.1"
_PAGE = re.compile(r"/jobs/\d+/runs/(\d+)")


class WorkspaceServer(ThreadingHTTPServer):
    """Serves the jobs of a job file.

    Args:
        state: folder that runs and what they wrote are kept in; `lock` is the descriptor of its lock.
        port: to listen on; 0 takes a free one.
        token: what requests must bear.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, state: Path, lock: int, jobs: Jobs, port: int, token: str) -> None:
        super().__init__((LOOPBACK, port), Exchange)
        self.token = token
        self.store = Store(state / "runs.db")
        self.execution = Execution(self.store, jobs, state / "logs", lock)
        self.api = JobsApi(self.store, jobs, self.execution, self.url)
        self.execution.resume()

    @property
    def url(self) -> str:
        """The address to give to SDK clients."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that went away; the rest is a fault of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType] - passed on


class Exchange(BaseHTTPRequestHandler):
    """One client connection."""

    protocol_version = "HTTP/1.1"

    @property
    def _workspace(self) -> WorkspaceServer:
        return cast("WorkspaceServer", self.server)

    def do_request(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._answer(content)
        except Refused as refused:
            self._send_json(
                refused.status, {"error_code": refused.code, "message": refused.message}
            )
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - the boundary of the thread: the client gets a 500
            traceback.print_exc(file=sys.stderr)
            failed = {"error_code": "INTERNAL_ERROR", "message": "The workspace broke."}
            self._send_json(HTTPStatus.INTERNAL_SERVER_ERROR, failed)

    do_GET = do_POST = do_request  # noqa: N815 - as http.server calls them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Stay silent: clients log what they did, and failures have a traceback."""

    def _answer(self, content: bytes) -> None:
        address = urlsplit(self.path)
        if address.path == "/.well-known/databricks-config":
            found = {"oidc_endpoint": f"{self._workspace.url}/oidc", "workspace_id": "1"}
            self._send_json(HTTPStatus.OK, found)
            return
        if shown := _PAGE.fullmatch(address.path):
            # For a browser, which bears no token; it shows what this machine's own commands wrote.
            self._send(HTTPStatus.OK, "text/plain; charset=utf-8", self._page(int(shown[1])))
            return
        wanted = f"Bearer {self._workspace.token}"
        if not hmac.compare_digest(self.headers.get("Authorization", ""), wanted):
            raise Refused(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", "The token is not valid.")
        given = {**dict(parse_qsl(address.query)), **_body(content)}
        answer = self._workspace.api.answer(self.command, address.path, given)
        self._send_json(HTTPStatus.OK, answer)

    def _page(self, run_id: int) -> bytes:
        run = self._workspace.store.run(run_id)
        files = {task.task_key: self._workspace.execution.log_of(task) for task in run.tasks}
        logs = {key: f.read_text(errors="replace") for key, f in files.items() if f.exists()}
        return page(run, logs).encode()

    def _send_json(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _body(content: bytes) -> dict[str, Any]:
    try:
        found: object = json.loads(content or b"{}")
    except ValueError as error:
        raise bad_request(f"The body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise bad_request("The body is no JSON object.")
    return cast("dict[str, Any]", found)
