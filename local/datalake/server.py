"""The server: listens on loopback, one thread per connection."""

import sys
from functools import partial
from pathlib import Path
from socketserver import ThreadingTCPServer

from local.datalake.connection import Connection
from local.datalake.namespace import Namespace
from local.datalake.request import Request
from local.datalake.response import Response
from local.datalake.routes import route
from local.datalake.signature import Account

LOOPBACK = "127.0.0.1"


class DatalakeServer(ThreadingTCPServer):
    """Serves one account from one folder.

    Args:
        root: the folder; filesystems are folders in it.
        port: to listen on; 0 takes a free one.
        account: whose signature requests must bear.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, root: Path, port: int, account: Account) -> None:
        self._account = account
        self._namespace = Namespace(root)
        super().__init__((LOOPBACK, port), partial(Connection, self._answer))

    @property
    def url(self) -> str:
        """The address to give to SDK clients."""
        return f"http://{LOOPBACK}:{self.socket.getsockname()[1]}/{self._account.name}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that went away; the rest is a fault of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType] - passed on

    def _answer(self, request: Request) -> Response:
        self._account.authenticate(request)
        return route(self._namespace, self._account.name, request)
