"""One request and its answer over HTTP: bounded in bytes and in time, and judged once."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from shared.adapters.rest.addresses import tell
from shared.adapters.rest.politeness import Clock, asked_pause
from shared.loading.errors import (
    AnswerUnreadable,
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
)

_TOO_MANY = 429
_PASSING = (408, 425, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529)
_REDIRECTS = (301, 302, 303, 307, 308)
_UNAUTHORISED = 401
_GONE = (404, 410)
_FORBIDDEN = 403
_FIRST_REFUSAL, _FIRST_FAULT = 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is waited for and taken at most, in seconds and bytes."""

    connect_seconds: float = 10.0
    silence_seconds: float = 60.0
    answer_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """An answer as it came. `redirect` is where it leads to, instead of a body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    redirect: str | None = None


class Refused(Exception):
    """Whoever is asked does not take the signature."""


class Passing(Exception):
    """A fault that may pass: `error` if it does not, `pause` the seconds that the source asks for."""

    def __init__(self, error: IngestError, pause: int | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause = pause


def exchange(
    client: httpx.Client, request: httpx.Request, clock: Clock, limits: Limits, most_bytes: int
) -> RawAnswer:
    """Send a request, and read its answer to the end.

    Raises:
        Passing: what may be different the next time.
        Refused: the signature is not taken.
        AnswerUnreadable: the answer is larger than it may be.
        CredentialRejected, TableMissing, QueryRefused: the request is refused for good.
    """
    began, where = clock.now(), tell(str(request.url))
    with _translated(where):
        answer = client.send(request, stream=True)
        try:
            _judge(answer, where)
            redirect = answer.headers.get("location") if answer.status_code in _REDIRECTS else None
            body = (
                b""
                if redirect
                else _read(answer, where, most_bytes, clock, began + limits.answer_seconds)
            )
        finally:
            answer.close()
    return RawAnswer(
        status=answer.status_code, headers=answer.headers, body=body, redirect=redirect
    )


@contextmanager
def _translated(where: str) -> Generator[None]:
    """Say what went wrong by its kind alone: the client's own message may repeat an address."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise Passing(
            SourceUnavailable(f"{where} did not answer in time ({type(error).__name__})")
        ) from None
    except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
        raise Passing(
            SourceUnavailable(f"the answer of {where} broke off ({type(error).__name__})")
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Passing(
            SourceUnavailable(f"{where} cannot be reached ({type(error).__name__})")
        ) from None


def _judge(answer: httpx.Response, where: str) -> None:
    status, told = answer.status_code, f"{where} answered {answer.status_code}"
    pause = asked_pause(answer.headers)
    if status == _TOO_MANY:
        raise Passing(SourceThrottled(told, pause or 0), pause)
    if status in _PASSING:
        error = SourceThrottled(told, pause) if pause else SourceUnavailable(told)
        raise Passing(error, pause)
    if status == _UNAUTHORISED:
        raise Refused(told)
    if status == _FORBIDDEN:
        raise CredentialRejected(f"{told}: what `auth` names may not read it")
    if status in _GONE:
        raise TableMissing(told)
    if status >= _FIRST_FAULT:
        raise Passing(SourceUnavailable(told))
    if status >= _FIRST_REFUSAL:
        raise QueryRefused(f"{told}: it does not take the request")


def _read(answer: httpx.Response, where: str, most_bytes: int, clock: Clock, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > most_bytes:
            raise AnswerUnreadable(
                f"a page of {where} is larger than {most_bytes} bytes (page_bytes); ask for fewer records"
            )
        if clock.now() > until:
            raise Passing(SourceUnavailable(f"the answer of {where} takes too long"))
        pieces.append(piece)
    return b"".join(pieces)
