"""The HTTP server: who answers what, and who may ask. Loopback only."""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from local.functions_host.answers import as_json, nothing, refusal
from local.functions_host.eventgrid import EventGridWebhook
from local.functions_host.http_functions import HttpFunctions, auth_level
from local.functions_host.keys import HEADER, Keys
from local.functions_host.management import ManagementApi
from local.functions_host.timers import Timers

T = TypeVar("T")

_WEBHOOKS = "/runtime/webhooks/durabletask/"
_RPC = "/runtime/rpc/durabletask/"
_TOPICS = "/topics/"
# A connection on which no request arrives whole in this time is closed.
IDLE_SECONDS = 60.0
# So long the rest of a body is read that was refused before its end.
LINGERING_SECONDS = 10.0
_EVENT_GRID = "/runtime/webhooks/eventgrid"


class Doors:
    """Sends each request to the one who answers it.

    Args:
        keys: what opens the doors; None leaves them open, as the real local tooling does.
    """

    def __init__(
        self,
        *,
        functions: HttpFunctions,
        management: ManagementApi,
        event_grid: EventGridWebhook,
        timers: Timers,
        keys: Keys | None,
        body_seconds: float,
    ) -> None:
        self._body_seconds = body_seconds
        self._functions = functions
        self._management = management
        self._event_grid = event_grid
        self._timers = timers
        self._keys = keys
        self._began = time.monotonic()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer any request, once its body is there: 408 if that takes too long."""
        try:
            await asyncio.wait_for(request.read(), self._body_seconds)
        except TimeoutError:
            answer = nothing(408)
            answer.force_close()
            return answer
        return await self._dispatch(request)

    async def _dispatch(self, request: web.Request) -> web.Response:
        path = request.path
        if path.startswith((_RPC, _WEBHOOKS)):
            return await self._manage(request)
        if path == _EVENT_GRID and request.method in ("POST", "OPTIONS"):
            if not self._opens_system(request, "eventgrid_extension"):
                return nothing(401)
            return await self._event_grid.answer(request)
        if path.startswith(_TOPICS) and request.method == "POST":
            return await self._publish(request)
        if path.startswith("/admin/"):
            return self._administer(request, path)
        return await self._call(request)

    async def _manage(self, request: web.Request) -> web.Response:
        path = request.rel_url.raw_path
        if path.startswith(_RPC):
            # The SDK's client sends no key: on Azure this listener is loopback only as well.
            return await self._management.answer(request, path.removeprefix(_RPC))
        if not self._opens_system(request, "durabletask_extension"):
            return nothing(401)
        return await self._management.answer(request, path.removeprefix(_WEBHOOKS))

    async def _call(self, request: web.Request) -> web.Response:
        found = self._functions.find(request)
        if found is None:
            return nothing(404)
        function, parameters = found
        level = auth_level(function)
        if self._keys and not self._keys.opens_function(_key(request), function.name, level):
            return nothing(401)
        return await self._functions.answer(request, function, parameters)

    async def _publish(self, request: web.Request) -> web.Response:
        key = request.headers.get("aeg-sas-key", "")
        if self._keys and not self._keys.opens_system(key, "eventgrid_extension"):
            return nothing(401)
        name = request.path.removeprefix(_TOPICS).removesuffix("/api/events")
        return await self._event_grid.publish(request, name)

    def _administer(self, request: web.Request, path: str) -> web.Response:
        if self._keys and not self._keys.opens_admin(_key(request)):
            return nothing(401)
        if request.method == "GET" and path == "/admin/host/status":
            milliseconds = int((time.monotonic() - self._began) * 1000)
            return as_json({"state": "Running", "version": "local", "processUptime": milliseconds})
        name = path.removeprefix("/admin/functions/")
        if request.method == "POST" and name != path:
            return self._fire(name)
        return nothing(404)

    def _fire(self, name: str) -> web.Response:
        try:
            run = self._timers.fire(name)
        except KeyError:
            return refusal(404, f"{name!r} is no timer function; only those are run by hand here")
        return nothing(202) if run else refusal(409, f"{name!r} is running")

    def _opens_system(self, request: web.Request, extension: str) -> bool:
        return self._keys is None or self._keys.opens_system(_key(request), extension)


class Server:
    """Serves on 127.0.0.1, on an event loop and a thread of its own."""

    def __init__(
        self,
        port: int,
        largest_body_bytes: int,
        patience_seconds: float,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.idle_seconds = idle_seconds
        self._patience_seconds = patience_seconds
        self._largest_body_bytes = largest_body_bytes
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="http", daemon=True)
        self._runner: web.AppRunner | None = None

    def start(self, doors: Doors) -> None:
        """Begin to answer."""
        self._thread.start()
        self._run(self._open(doors))

    def stop(self) -> None:
        """Take no more requests and give those under way a moment."""
        if self._runner is not None:
            self._run(self._runner.cleanup())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._socket.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self, doors: Doors) -> None:
        app = web.Application(client_max_size=self._largest_body_bytes)
        # A path may hold line feeds, and a body reaches the function as it was sent.
        app.router.add_route("*", r"/{path:[\s\S]*}", doors.answer)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            # Also for whoever begins a request and does not go on: there is no other limit to that.
            keepalive_timeout=self.idle_seconds,
            lingering_time=min(self.idle_seconds, LINGERING_SECONDS),
            auto_decompress=False,
            shutdown_timeout=self._patience_seconds,
        )
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()


def _key(request: web.Request) -> str:
    return request.headers.get(HEADER) or request.query.get("code", "")
