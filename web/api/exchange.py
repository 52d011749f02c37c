"""A request as the routes see it, what they answer, and how a typed error looks in HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from os import environ
from typing import Any
from urllib.parse import urlencode

from shared.lakehouse.errors import RefreshUnknown
from shared.loading.errors import (
    BadOrder,
    CatalogBroken,
    ConflictError,
    IngestError,
    TransientError,
)
from shared.operations.dead_letters import LetterUnknown
from shared.operations.keys import KeyReused
from shared.operations.ordering import OrderUnknown, Start
from shared.operations.pages import PageUnknown
from web.access.caller import Caller, NotAllowed, NotSignedIn, Role, require
from web.access.door import SentFromElsewhere
from web.access.limits import RequestTooLarge, TooManyRequests
from web.access.permissions import RouteClosed
from web.api.problems import FieldError, Problem, bad_request, conflict, not_found, unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as the routes see it.

    `base` is the address that links begin with, `url` that of the request itself without its
    query; `key` is the header `Idempotency-Key`. `caller` has been let in; what needs more than the
    route does asks by `needs`.
    """

    body: bytes
    params: Mapping[str, str]
    path: Mapping[str, str]
    base: str
    url: str
    caller: Caller
    key: str | None = None

    def needs(self, role: Role) -> None:
        """Go on only for a caller of this role. Raises NotAllowed."""
        require(self.caller, role)

    def following(self, page: str | None) -> str | None:
        """Give the address of the page that follows, the same query otherwise; None after the last."""
        if page is None:
            return None
        kept = {name: text for name, text in self.params.items() if name not in ("page", "code")}
        return f"{self.url}?{urlencode({**kept, 'page': page}, errors='replace')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to answer, and what is to be started before that: an order's orchestration, or a refresh."""

    body: Any
    status: HTTPStatus = HTTPStatus.OK
    start: Start | None = None
    refresh: bool = False


def problem_of(error: IngestError) -> Problem:
    """Say a typed error in HTTP's words, with its remedy."""
    problem = _not_let_in(error) or _problem_of(error)
    problem.remedy = error.failure.remedy
    problem.runbook = _entry_of(error)
    return problem


def _entry_of(error: IngestError) -> str | None:
    """Give the address of the error's entry in the runbook, None if nobody has said where that is."""
    address = environ.get("TIDEMARK_RUNBOOK_URL", "").strip()
    return f"{address}#{error.failure.type.lower()}" if address else None


def _not_let_in(error: IngestError) -> Problem | None:
    match error:
        case NotSignedIn():
            return Problem(HTTPStatus.UNAUTHORIZED, str(error), kind="not-signed-in")
        case RequestTooLarge():
            return Problem(error.status, str(error), kind="too-large")
        case TooManyRequests():
            problem = Problem(HTTPStatus.TOO_MANY_REQUESTS, str(error), kind="too-many-requests")
            problem.pause_seconds = error.pause_seconds
            return problem
        case NotAllowed() | RouteClosed() | SentFromElsewhere():
            return Problem(HTTPStatus.FORBIDDEN, str(error), kind="not-allowed")
        case _:
            return None


def _problem_of(error: IngestError) -> Problem:
    match error:
        case OrderUnknown() | RefreshUnknown() | LetterUnknown():
            return not_found(str(error))
        case PageUnknown():
            return bad_request(FieldError(field="page", message=str(error)))
        case ConflictError():
            return conflict(str(error))
        case TransientError() | CatalogBroken():
            return unavailable(str(error))
        case _:
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), kind=_kind(error))


def _kind(error: IngestError) -> str:
    if isinstance(error, KeyReused):
        return "idempotency-key-reused"
    return "bad-order" if isinstance(error, BadOrder) else type(error).__name__
