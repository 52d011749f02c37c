"""HTTP triggers: from a request to the function's answer, through the real converters."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web
from azure.functions import AuthLevel
from azure.functions.meta import Datum

from local.functions_host.answers import nothing
from local.functions_host.app import Function
from local.functions_host.invocation import Invoker
from local.functions_host.routes import Route, Routes, compile_route
from local.functions_host.settings import resolve

_log = logging.getLogger(__name__)

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# Written by the server itself.
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
# Written by App Service, which takes them out of what comes from outside.
_PLATFORM = "x-ms-"
# Says that App Service Authentication stands before the app; the host then plays that it does.
_VOUCHED = "WEBSITE_AUTH_ENABLED"


class HttpFunctions:
    """The functions of an app that answer HTTP requests."""

    def __init__(
        self,
        *,
        functions: Iterable[Function],
        prefix: str,
        environ: Mapping[str, str],
        invoker: Invoker,
        timeout: timedelta | None,
    ) -> None:
        self._invoker = invoker
        self._plays_sign_in = environ.get(_VOUCHED, "").lower() == "true"
        self._timeout = None if timeout is None else timeout.total_seconds()
        self._routes = Routes([_route(function, prefix, environ) for function in functions])

    def find(self, request: web.Request) -> tuple[Function, dict[str, str]] | None:
        """The function for a request and its route parameters."""
        return self._routes.find(request.method, request.rel_url.raw_path.lstrip("/"))

    async def answer(
        self, request: web.Request, function: Function, parameters: dict[str, str]
    ) -> web.Response:
        """Run a function and turn its result into an answer.

        Whatever goes wrong is a 500 without a body, as on Azure; the log says what.
        """
        given = await _request_datum(request, parameters, platform=self._plays_sign_in)
        run = self._invoker.invoke(function, given, self._encode)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(run), self._timeout)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001  the boundary to the user's code
            _log.exception("HTTP function failed", extra={"function": function.name})
            return nothing(500)

    def _encode(self, result: Any) -> web.Response:
        if result is None:
            return nothing(204)
        return _response(self._invoker.encode("http", result))


def auth_level(function: Function) -> AuthLevel:
    """The level an HTTP function asks for."""
    return getattr(function.trigger, "auth_level", None) or AuthLevel.FUNCTION


def _route(function: Function, prefix: str, environ: Mapping[str, str]) -> Route[Function]:
    trigger: Any = function.trigger
    # The real host, too, serves a function with an empty route under its name.
    route = resolve(trigger.route or function.name, environ)
    methods = {str(getattr(method, "value", method)).upper() for method in trigger.methods or ()}
    template = f"{prefix}/{route}" if prefix else route
    return compile_route(template, frozenset(methods) or _METHODS, function)


async def _request_datum(
    request: web.Request, parameters: dict[str, str], *, platform: bool
) -> Datum:
    query = {name: ",".join(request.query.getall(name)) for name in request.query}
    headers = {
        name: ",".join(request.headers.getall(name))
        for name in request.headers
        if platform or not name.lower().startswith(_PLATFORM)
    }
    value = {
        "method": Datum(request.method, "string"),
        "url": Datum(str(request.url), "string"),
        "headers": _strings(headers),
        "query": _strings(query),
        "params": _strings(parameters),
        "body": Datum(await request.read(), "bytes"),
    }
    return Datum(value, "http")


def _strings(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}


def _response(datum: Datum) -> web.Response:
    if datum.type == "string":
        return web.Response(text=datum.value, content_type="text/plain")
    parts = datum.value
    response = web.Response(status=int(parts["status_code"].value), body=parts["body"].value)
    for name, header in parts["headers"].items():
        if name.lower() not in _FRAMING:
            response.headers[name] = header.value
    for cookies in parts["cookies"] or ():
        for morsel in cookies.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
