"""The Event Grid webhook, with the handshakes of both schemas.

Follows the extension's HttpRequestProcessor (github.com/Azure/azure-sdk-for-net,
Microsoft.Azure.WebJobs.Extensions.EventGrid).
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from local.functions_host.answers import as_json, nothing, refusal
from local.functions_host.app import Function
from local.functions_host.invocation import Invoker

_TAKEN = 202
_log = logging.getLogger(__name__)

_ORIGINS = frozenset(
    {
        "eventgrid.azure.net",
        "eventgrid.azure.us",
        "eventgrid.azure.cn",
        "eventgrid.azure.eaglex.ic.gov",
        "eventgrid.azure.microsoft.scloud",
    }
)


class EventGridWebhook:
    """Hands events to functions with an Event Grid trigger, one run per event."""

    def __init__(self, functions: Mapping[str, Function], invoker: Invoker) -> None:
        self._functions = functions
        self._invoker = invoker

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a delivery or a handshake for the function named in the query."""
        function = self._functions.get(request.query.get("functionName", ""))
        if function is None:
            known = ", ".join(sorted(self._functions)) or "none"
            return refusal(404, f"functionName names no Event Grid function; there are: {known}")
        if request.method == "OPTIONS":
            origin = request.headers.get("WebHook-Request-Origin", "")
            allowed = origin if origin in _ORIGINS else "eventgrid.azure.net"
            return nothing(200, {"Webhook-Allowed-Origin": allowed})
        return await self._post(request, function)

    async def publish(self, request: web.Request, name: str) -> web.Response:
        """Stand in for a topic that the function of this name subscribes to: deliver at once.

        A real topic accepts first and delivers later, again and again if need be. Here whoever
        publishes is told of a delivery that failed, and publishes again.
        """
        function = self._functions.get(name)
        if function is None:
            return refusal(404, f"{name!r} is no Event Grid function")
        try:
            body: Any = json.loads(await request.read())
        except ValueError as error:
            return refusal(400, f"the body is not JSON: {error}")
        if not isinstance(body, list):
            return refusal(400, "the body must be a list of events")
        events: list[Any] = body
        delivered = await self._deliver(function, events)
        return nothing(200 if delivered.status == _TAKEN else 503)

    async def _post(self, request: web.Request, function: Function) -> web.Response:
        kind = request.headers.get("aeg-event-type", "").casefold()
        if kind == "unsubscribe":
            return nothing(202)
        if kind not in ("subscriptionvalidation", "notification"):
            return refusal(
                400,
                "the header aeg-event-type must be SubscriptionValidation, "
                "Notification or Unsubscribe",
            )
        try:
            body: Any = json.loads(await request.read())
        except ValueError as error:
            return refusal(400, f"the body is not JSON: {error}")
        if kind == "notification":
            return await self._deliver(function, body if isinstance(body, list) else [body])
        return _validate(body)

    async def _deliver(self, function: Function, events: list[Any]) -> web.Response:
        runs = [self._invoker.invoke(function, Datum(json.dumps(e), "json")) for e in events]
        ended = await asyncio.gather(*map(asyncio.wrap_future, runs), return_exceptions=True)
        failures = [result for result in ended if isinstance(result, BaseException)]
        for failure in failures:
            _log.error(
                "Event Grid function failed", exc_info=failure, extra={"function": function.name}
            )
        # Event Grid sends the whole payload again, the events that went well included.
        return nothing(500 if failures else 202)


def _validate(body: Any) -> web.Response:
    try:
        data = body[0]["data"]
        code = (json.loads(data) if isinstance(data, str) else data)["validationCode"]
    except (LookupError, TypeError, ValueError):
        return refusal(400, "a SubscriptionValidation must be [{data: {validationCode}}]")
    return as_json({"validationResponse": code})
