"""Talks to the app's HTTP API: one request, one answer, and a typed error for everything else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from time import sleep
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from cli.errors import Refused, Unreachable

# Seconds. An app that Azure has put to sleep takes tens of seconds for its first answer.
CONNECT = 10.0
ANSWER = 60.0
# Seconds before an order whose answer was lost is sent once more.
PAUSES = (0.2, 1.0, 3.0)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
_MAY_HAVE_HAPPENED = (
    ". The request may have been carried out all the same: look before you ask again"
)


class Client:
    """A connection to one app. Answers are given as parsed JSON."""

    def __init__(self, *, url: str, key: str | None, token: str | None = None) -> None:
        self._url = _check_url(url)
        self._http = httpx.Client(
            headers=_signing_in(key, token),
            timeout=httpx.Timeout(ANSWER, connect=CONNECT),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Look at something. Raises Refused, Unreachable."""
        return self._ask("GET", path, params=params)

    def examine(self, path: str) -> Any:
        """Look at what answers in the same form with 503 where something is down. Raises Refused, Unreachable."""
        try:
            answer = self._http.get(self._url + path)
        except _NEVER_SENT as error:
            raise self._unreachable(error) from error
        except httpx.RequestError as error:
            raise self._silent(error, "") from error
        content = _json(answer)
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and "checks" in (content or ()):
            return content
        return self._read(answer)

    def consult(self, path: str, body: Mapping[str, object]) -> Any:
        """Ask what takes a body and changes nothing. Raises Refused, Unreachable."""
        return self._ask("POST", path, body=body)

    def order(self, path: str, body: Mapping[str, object]) -> Any:
        """Order work, once: where the answer is lost, the same order is sent again under its key.

        Raises Refused, Unreachable.
        """
        key = {"idempotency-key": str(uuid4())}
        send = partial(self._http.post, self._url + path, json=body, headers=key)
        try:
            return self._read(send())
        except _NEVER_SENT as error:
            raise self._unreachable(error) from error
        except httpx.RequestError as error:
            lost = error
        for pause in PAUSES:
            sleep(pause)
            try:
                return self._read(send())
            except httpx.RequestError as error:
                lost = error
        raise self._silent(lost, _MAY_HAVE_HAPPENED) from lost

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Change something. Raises Refused, Unreachable."""
        return self._ask("POST", path, body=body, doubt=_MAY_HAVE_HAPPENED)

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        """Set something. Raises Refused, Unreachable."""
        return self._ask("PUT", path, body=body, doubt=_MAY_HAVE_HAPPENED)

    def delete(self, path: str) -> Any:
        """Cancel something. Raises Refused, Unreachable."""
        return self._ask("DELETE", path, doubt=_MAY_HAVE_HAPPENED)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        doubt: str = "",
    ) -> Any:
        """Ask once. `doubt` is what to say of a request whose answer is lost."""
        try:
            answer = self._http.request(method, self._url + path, params=params, json=body)
        except _NEVER_SENT as error:
            raise self._unreachable(error) from error
        except httpx.RequestError as error:
            raise self._silent(error, doubt) from error
        return self._read(answer)

    def _unreachable(self, error: httpx.RequestError) -> Unreachable:
        return Unreachable(
            f"{self._url} cannot be reached ({_reason(error)}). "
            "Start the app (`tidemark dev` on this machine), or correct --url"
        )

    def _silent(self, error: httpx.RequestError, doubt: str) -> Unreachable:
        return Unreachable(f"{self._url} did not answer ({_reason(error)}){doubt}")

    def _read(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            content = _json(answer)
            if content is None:
                raise Refused(f"{self._url} does not answer as Tidemark does: correct --url")
            return content
        if answer.is_redirect:
            place = answer.headers.get("location", "elsewhere").split("?")[0]
            raise Refused(f"{self._url} redirects to {place}: correct --url")
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise Unreachable(f"{self._url} cannot answer now: {_describe(answer)}")
        if answer.status_code == HTTPStatus.FORBIDDEN and _is_problem(answer):
            raise Refused(_describe(answer))
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Refused(
                f"{self._url} does not accept who asks: write a valid key into TIDEMARK_KEY, or a fresh "
                "token into TIDEMARK_TOKEN where the app asks for Entra ID"
            )
        raise Refused(_describe(answer))


def _check_url(url: str) -> str:
    """Give the address without a slash at its end.

    A refusal does not repeat an address that may hold a secret.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused("--url is not an address: write it as http://host:port") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise Refused("--url must begin with http:// or https:// and name a host")
    if parts.userinfo or parts.query or parts.fragment:
        raise Refused("--url must hold no user, key or query: give the function key with --key")
    return url.rstrip("/")


def _signing_in(key: str | None, token: str | None) -> dict[str, str]:
    """Give the headers that say who asks; a refusal does not repeat what it refuses."""
    headers = {}
    if key:
        _check_printable(key, "--key (or TIDEMARK_KEY)", "function key")
        headers["x-functions-key"] = key
    if token:
        _check_printable(token, "--token (or TIDEMARK_TOKEN)", "token")
        headers["authorization"] = f"Bearer {token}"
    return headers


def _check_printable(secret: str, option: str, what: str) -> None:
    if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
        raise Refused(f"{option} holds characters that no {what} has")


def _reason(error: httpx.RequestError) -> str:
    # The time-outs of httpx come without a text of their own more often than not.
    return str(error) or type(error).__name__


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _is_problem(answer: httpx.Response) -> bool:
    problem = _json(answer)
    return isinstance(problem, dict) and "detail" in problem


def _describe(answer: httpx.Response) -> str:
    """Say what a problem (RFC 9457) says, each bad field on a line of its own."""
    problem = _json(answer)
    if not _is_problem(answer):
        return f"{answer.status_code} {answer.reason_phrase} for {answer.request.url.path}"
    fields = [
        f"  {bad.get('field')}: {bad.get('message')}"
        for bad in problem.get("errors") or ()
        if isinstance(bad, dict)
    ]
    remedy = [f"  {problem['remedy']}"] if problem.get("remedy") else []
    return "\n".join([str(problem["detail"]), *fields, *remedy])
