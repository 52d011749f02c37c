"""The durable extension's HTTP API, for the SDK's client and for people.

Routes and answers follow its HttpApiHandler
(github.com/Azure/azure-functions-durable-extension).
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from aiohttp import web

from local.functions_host.answers import as_json, nothing, refusal
from local.functions_host.errors import InstanceExists, UnknownFunction
from local.functions_host.instances import Instance, InstanceFilter
from local.functions_host.operations import Operations
from local.functions_host.status import history_payload, status_payload

CONTINUATION = "x-ms-continuation-token"
_PAGE = 100
_POLL_SECONDS = 1.0


class ManagementApi:
    """Answers requests below `.../durabletask/`.

    Args:
        operations: what can be done with orchestrations.
        links: makes the management links of an instance id, for a given base URL.
    """

    def __init__(self, operations: Operations, links: "Links") -> None:
        self._operations = operations
        self._links = links

    async def answer(self, request: web.Request, path: str) -> web.Response:
        """Answer a request; `path` is what follows `durabletask/`, still encoded."""
        parts = [unquote(part) for part in path.split("/") if part]
        match request.method, parts:
            case "POST", ["orchestrators", name, *rest] if len(rest) <= 1:
                return await self._start(request, name, rest[0] if rest else None)
            case "GET", ["instances"]:
                return self._list(request)
            case "DELETE", ["instances"]:
                return self._purge_many(request)
            case _, ["instances", instance_id, *rest]:
                instance = self._operations.find(instance_id)
                if instance is None:
                    return nothing(404)
                return await self._about(request, instance, rest)
            case _:
                return nothing(404)

    async def _about(
        self, request: web.Request, instance: Instance, rest: list[str]
    ) -> web.Response:
        match request.method, rest:
            case "GET", []:
                return self._status(request, instance)
            case "DELETE", []:
                return self._purge(instance)
            case "POST", ["restart"]:
                return self._restart(request, instance)
            case "POST", [("raiseEvent" | "terminate" | "suspend" | "resume") as what, *names]:
                return await self._to_living(request, instance, what, names)
            case _:
                return nothing(404)

    async def _to_living(
        self, request: web.Request, instance: Instance, what: str, names: list[str]
    ) -> web.Response:
        """Do what only an orchestration that has not finished can take."""
        if instance.status.is_final:
            return nothing(410)
        if what == "raiseEvent":
            return await self._raise_event(request, instance, "/".join(names))
        self._tell(what, instance, request.query.get("reason", ""))
        return nothing(202)

    def _restart(self, request: web.Request, instance: Instance) -> web.Response:
        """Start the orchestration again with its input, under a new id unless asked otherwise."""
        anew = _flag(request.query, "restartWithNewInstanceId", default=True)
        instance_id = None if anew else instance.id
        try:
            made = self._operations.start(
                instance.name, instance_id, instance.input, instance.version
            )
        except UnknownFunction as error:
            return refusal(400, str(error))
        except InstanceExists as error:
            return refusal(409, str(error))
        links = self._links.of(made, _origin(request))
        return as_json(links, 202, {"Location": links["statusQueryGetUri"], "Retry-After": "10"})

    def _tell(self, what: str, instance: Instance, reason: str) -> None:
        if what == "terminate":
            self._operations.terminate(instance, reason)
        elif what == "suspend":
            self._operations.suspend(instance)
        else:
            self._operations.resume(instance)

    async def _start(
        self, request: web.Request, name: str, instance_id: str | None
    ) -> web.Response:
        text = await request.text() or "null"
        try:
            json.loads(text)
            version = request.query.get("version")
            made = self._operations.start(name, instance_id, text, version)
        except ValueError as error:
            return refusal(400, f"the input is not JSON: {error}")
        except UnknownFunction as error:
            return refusal(400, str(error))
        except InstanceExists as error:
            return refusal(409, str(error))
        if (patience := _number(request.query, "timeout")) is not None:
            pause = _number(request.query, "pollingInterval") or _POLL_SECONDS
            finished = await self._finished(made, patience, pause)
            if finished is not None:
                return self._status(request, finished)
        links = self._links.of(made, _origin(request))
        headers = {"Location": links["statusQueryGetUri"], "Retry-After": "10"}
        return as_json(links, 202, headers)

    async def _finished(self, instance_id: str, patience: float, pause: float) -> Instance | None:
        """The instance once it has finished; the client chose to wait by asking again and again."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while loop.time() < end:
            instance = self._operations.find(instance_id)
            if instance is not None and instance.status.is_final:
                return instance
            await asyncio.sleep(min(pause, max(0.0, end - loop.time())))
        return None

    def _status(self, request: web.Request, instance: Instance) -> web.Response:
        show_input = _flag(request.query, "showInput", default=True)
        history = None
        if _flag(request.query, "showHistory", default=False):
            history = history_payload(
                self._operations.history(instance.id),
                show_input=show_input,
                show_output=_flag(request.query, "showHistoryOutput", default=False),
            )
        payload = status_payload(instance, show_input=show_input, history=history)
        if not instance.status.is_final:
            return as_json(payload, 202, {"Location": str(request.url), "Retry-After": "5"})
        strict = _flag(request.query, "returnInternalServerErrorOnFailure", default=False)
        return as_json(payload, 500 if strict and instance.status == "Failed" else 200)

    def _list(self, request: web.Request) -> web.Response:
        try:
            wanted = _filter(request.query)
            after = _position(request.headers.get(CONTINUATION, ""))
        except ValueError as error:
            return refusal(400, str(error))
        limit = int(_number(request.query, "top") or _PAGE)
        found = self._operations.page(wanted, after, limit + 1)
        show_input = _flag(request.query, "showInput", default=True)
        page = [status_payload(instance, show_input=show_input) for instance in found[:limit]]
        token = _token(found[limit - 1]) if len(found) > limit else ""
        return as_json(page, 200, {CONTINUATION: token})

    def _purge(self, instance: Instance) -> web.Response:
        if not instance.status.is_final:
            return refusal(
                412, f"{instance.id!r} is {instance.status}; only finished instances can be purged"
            )
        self._operations.purge(instance)
        return as_json({"instancesDeleted": 1})

    def _purge_many(self, request: web.Request) -> web.Response:
        try:
            wanted = _filter(request.query)
        except ValueError as error:
            return refusal(400, str(error))
        if wanted.created_from is None:
            return refusal(400, "Please provide value for 'createdTimeFrom' parameter.")
        purged = self._operations.purge_many(wanted)
        return as_json({"instancesDeleted": purged}) if purged else nothing(404)

    async def _raise_event(
        self, request: web.Request, instance: Instance, name: str
    ) -> web.Response:
        if request.content_type != "application/json":
            return refusal(400, "Only application/json request content is supported")
        text = await request.text() or "null"
        try:
            json.loads(text)
        except ValueError as error:
            return refusal(400, f"the event is not JSON: {error}")
        self._operations.raise_event(instance, name, text)
        return nothing(202)


class Links:
    """The URLs by which an orchestration is managed.

    Args:
        hub_name: name of the task hub.
        code: key of the durable extension's webhooks.
    """

    _OPERATIONS = (
        ("statusQueryGetUri", "", ""),
        ("sendEventPostUri", "/raiseEvent/{eventName}", ""),
        ("terminatePostUri", "/terminate", "reason={text}&"),
        ("rewindPostUri", "/rewind", "reason={text}&"),
        ("purgeHistoryDeleteUri", "", ""),
        ("restartPostUri", "/restart", ""),
        ("suspendPostUri", "/suspend", "reason={text}&"),
        ("resumePostUri", "/resume", "reason={text}&"),
    )

    def __init__(self, hub_name: str, code: str) -> None:
        self._hub_name = hub_name
        self._query = f"taskHub={quote(hub_name)}&connection=Storage&code={quote(code)}"

    def of(self, instance_id: str, origin: str) -> dict[str, str]:
        """The management payload of an instance; `origin` is such as http://127.0.0.1:7071."""
        base = f"{origin}/runtime/webhooks/durabletask/instances/{instance_id}"
        uris = {
            name: f"{base}{tail}?{query}{self._query}" for name, tail, query in self._OPERATIONS
        }
        return {"id": instance_id} | uris

    def client_binding(self, origin: str) -> str:
        """What a durable client parameter is made from, as JSON text."""
        base = f"{origin}/runtime/webhooks/durabletask"
        create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&"
        return json.dumps(
            {
                "taskHubName": self._hub_name,
                "creationUrls": {
                    "createNewInstancePostUri": f"{create}?{self._query}",
                    "createAndWaitOnNewInstancePostUri": f"{create}?{wait}{self._query}",
                },
                "managementUrls": self.of("INSTANCEID", origin),
                "baseUrl": base,
                "requiredQueryStringParameters": self._query,
                "rpcBaseUrl": f"{origin}/runtime/rpc/durabletask/",
            }
        )


def _origin(request: web.Request) -> str:
    return str(request.url.origin())


def _filter(query: Mapping[str, str]) -> InstanceFilter:
    statuses = frozenset(query.get("runtimeStatus", "").split(",")) - {""}
    return InstanceFilter(
        created_from=_moment(query, "createdTimeFrom"),
        created_to=_moment(query, "createdTimeTo"),
        statuses=statuses,
        id_prefix=query.get("instanceIdPrefix", ""),
    )


def _moment(query: Mapping[str, str], name: str) -> float | None:
    if not (text := query.get(name)):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} must be a time such as 2026-01-31T06:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _flag(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    return query.get(name, str(default)).lower() == "true"


def _number(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name, "")
    return float(text) if text.replace(".", "", 1).isdecimal() else None


def _token(instance: Instance) -> str:
    return json.dumps([instance.created_at, instance.id])


def _position(token: str) -> tuple[float, str]:
    try:
        created_at, instance_id = json.loads(token) if token else (0.0, "")
        return float(created_at), str(instance_id)
    except (TypeError, ValueError):
        raise ValueError(f"{CONTINUATION} must be one that an earlier answer gave") from None
