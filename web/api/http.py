"""Between the triggers and the routes: runs the blocking part aside, starts orchestrations, answers."""

import asyncio
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import azure.functions as func

from shared.loading.errors import IngestError
from shared.operations.audit import AuditIntent, Outcome
from shared.operations.inbox import REMEMBERED
from shared.operations.ordering import Start
from shared.operations.sweep import Sweep
from shared.runtime import wiring
from shared.runtime.settings import SettingsIncomplete
from shared.telemetry.facts import asked_by
from web.access import recording
from web.access.door import admit
from web.access.permissions import permission_of
from web.api.blob_events import take_in_blobs
from web.api.events import body_of, take_in
from web.api.exchange import Answer, Request, problem_of
from web.api.incidents import tell_due
from web.api.intake import Intake
from web.api.problems import Problem, unavailable
from web.api.routes import KEY_HEADER
from web.api.scheduling import order_due
from web.api.starting import Client, HostUnavailable, begin, begin_refresh, life_of
from web.api.tracing import take_told
from web.api.watching import watch_freshness

__all__ = [
    "on_blob_created",
    "on_data_changed",
    "perform",
    "receive",
    "respond",
    "tick",
]

P = ParamSpec("P")
T = TypeVar("T")
Route = Callable[[wiring.App, Request], Answer]


async def respond(
    route: Route, req: func.HttpRequest, client: Client | None = None
) -> func.HttpResponse:
    """Run a route for a caller who may; answer with its view, or with problem details where it refuses."""
    try:
        request = await asyncio.to_thread(_refusing, receive, route.__name__, req)
        with asked_by(req.headers.get("traceparent")):
            answer = await perform(route, request, client)
    except Problem as problem:
        return _json(
            problem.body, problem.status, "application/problem+json", problem.pause_seconds
        )
    return _json(answer.body, answer.status, "application/json")


async def perform(route: Route, request: Request, client: Client | None = None) -> Answer:
    """Run a route for a caller who was let in; what changes something is written down before and after.

    Raises Problem where the route refuses, or where it cannot be written down: then nothing is done.
    """
    if not permission_of(route.__name__).changes:
        return await asyncio.to_thread(_refusing, route, wiring.app(), request)
    intent = await asyncio.to_thread(_refusing, _write_down, route.__name__, request)
    outcome: Outcome = "failed"
    status, said = HTTPStatus.INTERNAL_SERVER_ERROR, {}
    try:
        answer = await asyncio.to_thread(_refusing, route, wiring.app(), request)
        await _start(answer, client)
        outcome, status, said = "done", answer.status, answer.body
    except Problem as problem:
        outcome, status = "refused", problem.status
        raise
    finally:
        await asyncio.to_thread(
            recording.end, wiring.app().audit, intent, outcome, int(status), said
        )
    return answer


async def _start(answer: Answer, client: Client | None) -> None:
    if client is None:
        return
    try:
        if answer.start is not None:
            await begin(client, answer.start)
        if answer.refresh:
            await begin_refresh(client)
    except HostUnavailable as error:
        raise problem_of(error) from error


def _write_down(name: str, request: Request) -> AuditIntent:
    log, path = wiring.app().audit, urlsplit(request.url).path
    return recording.begin(log, request.caller, name, path, request.body)


async def tick(client: Client) -> None:
    """Take up what a dead worker left, and order what is due by schedule."""
    app = wiring.app()
    sweep = Sweep(app.desk)
    for suspect in await asyncio.to_thread(lambda: list(sweep.suspects())):
        found = await asyncio.to_thread(
            sweep.settle, suspect, await life_of(client, suspect.instance)
        )
        if found is not None:
            await begin(client, found)
    await asyncio.to_thread(app.seen.forget, app.now() - REMEMBERED)
    if app.lineage is not None:
        await asyncio.to_thread(app.lineage.send_kept)
    if app.settings.paused:
        # What falls due meanwhile is found by the first tick afterwards.
        return
    if await asyncio.to_thread(_is_refresh_due, app):
        await begin_refresh(client)
    await asyncio.to_thread(tell_due, app)
    # Only now the table files are needed: a broken one must not keep the sweep from its work.
    for ask in (lambda: _order_forgotten(app, sweep), lambda: order_due(app)):
        for start in await asyncio.to_thread(ask):
            await begin(client, start)
    await asyncio.to_thread(watch_freshness, app)


async def on_data_changed(event: func.EventGridEvent | func.CloudEvent, client: Client) -> None:
    """Count a request for the table that an event names, and order a load unless one is on its way.

    The event is acknowledged once that is written down, or the event as a dead letter.
    """
    await _intake.bring(body_of(event), client)


async def _take_in(bodies: Sequence[str], client: Client) -> None:
    start = await asyncio.to_thread(lambda: take_told(wiring.app(), "table", bodies, take_in))
    if start is not None:
        await begin(client, start)


async def on_blob_created(event: func.EventGridEvent | func.CloudEvent, client: Client) -> None:
    """Remember a version of a file that an event tells of, and order a load unless one is on its way."""
    await _blob_intake.bring(body_of(event), client)


async def _take_in_blobs(bodies: Sequence[str], client: Client) -> None:
    start = await asyncio.to_thread(lambda: take_told(wiring.app(), "blob", bodies, take_in_blobs))
    if start is not None:
        await begin(client, start)


_blob_intake: Intake[str, Client] = Intake(_take_in_blobs)
_intake: Intake[str, Client] = Intake(_take_in)


def _order_forgotten(app: wiring.App, sweep: Sweep) -> list[Start]:
    known = {table.name for table in app.catalog}
    tables = [table for table in sweep.forgotten() if table in known]
    start = app.desk.request(tables, "schedule") if tables else None
    return [start] if start else []


def _is_refresh_due(app: wiring.App) -> bool:
    return app.workspace is not None and app.refresh_desk.is_due(app.find_specs())


def receive(name: str, req: func.HttpRequest) -> Request:
    """Let a request through to the route of this name. Raises as `admit`."""
    caller = admit(name, req)
    base = wiring.app().settings.base_url or _address(req.url)
    return Request(
        body=req.get_body() or b"",
        params=dict(req.params),
        path={name: value or "" for name, value in req.route_params.items()},
        base=base,
        url=f"{base}{urlsplit(req.url).path}",
        caller=caller,
        key=req.headers.get(KEY_HEADER),
    )


def _refusing(do: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Say typed errors in HTTP's words. Raises Problem."""
    try:
        return do(*given, **named)
    except SettingsIncomplete as error:
        raise unavailable(str(error)) from error
    except IngestError as error:
        raise problem_of(error) from error


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _json(
    body: object, status: HTTPStatus, kind: str, pause_seconds: int | None = None
) -> func.HttpResponse:
    # As ASCII: a body that repeats half a surrogate pair could not be sent otherwise.
    content = json.dumps(body)
    headers = {"Retry-After": str(pause_seconds)} if pause_seconds is not None else None
    return func.HttpResponse(content, status_code=int(status), headers=headers, mimetype=kind)
