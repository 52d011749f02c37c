"""Between the triggers and the pages: requests in, documents out, with what keeps a browser safe."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import azure.functions as func

from shared.runtime import wiring
from web.api.http import perform
from web.api.problems import Problem
from web.api.starting import Client, HostUnavailable, tell_history
from web.page.exchange import PageRequest, Reply, Wanted
from web.page.frame import Frame
from web.page.routes import refuse, reply_to, sign_in
from web.page.views.run import read_steps

_CONTENT = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# The script of the sign-in sends the key to where the page came from.
_CONNECTS = f"{_CONTENT}; connect-src 'self'"
_SAFE = {
    "Content-Security-Policy": _CONTENT,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def show(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Answer a request for a page or a form that was sent."""
    request = _request(req)
    reply = await asyncio.to_thread(reply_to, request, wiring.app)
    if reply.wanted is not None:
        reply = await _carry_out(reply.wanted, client)
    body = reply.body
    if reply.history_of is not None and reply.finish is not None:
        try:
            told = await tell_history(client, reply.history_of)
        except HostUnavailable as error:
            reply = refuse(error, Frame())
            return _response(reply, reply.body, connects=False)
        body = reply.finish(read_steps(told))
    return _response(reply, body, connects=request.path == "sign-in")


async def _carry_out(wanted: Wanted, client: Client) -> Reply:
    """Let the API do what a form asks for; it is written down as what the API is asked for."""
    try:
        answer = await perform(wanted.route, wanted.request, client)
    except Problem as problem:
        return await asyncio.to_thread(wanted.refused, problem)
    return wanted.done(answer)


async def open_session(req: func.HttpRequest) -> func.HttpResponse:
    """Sign in whom the host has let in."""
    reply = await asyncio.to_thread(sign_in, _request(req), wiring.app)
    return _response(reply, reply.body, connects=False)


def _request(req: func.HttpRequest) -> PageRequest:
    parts = urlsplit(req.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return PageRequest(
        method=req.method,
        path=(req.route_params.get("path") or "").strip("/"),
        params=dict(req.params),
        headers=req.headers,
        body=req.get_body() or b"",
        origin=origin,
        base=origin,
    )


def _response(reply: Reply, body: str | bytes, *, connects: bool) -> func.HttpResponse:
    headers = {**_SAFE, **reply.headers}
    if connects:
        headers["Content-Security-Policy"] = _CONNECTS
    content = body.encode("utf-8", "replace") if isinstance(body, str) else body
    return func.HttpResponse(
        content, status_code=int(reply.status), headers=headers, mimetype=reply.kind
    )
