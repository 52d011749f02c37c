"""Problem details (RFC 9457): how every refusal looks."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from shared.loading.redaction import redact_text


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One bad field of a body or query, by its path, and what to write instead."""

    field: str
    message: str


class Problem(Exception):
    """A request that is answered with a problem; nothing has been changed.

    `remedy` says what to do, where a typed error stands behind it, `runbook` where its entry is, and `pause_seconds` how long to wait.
    """

    remedy: str | None = None
    runbook: str | None = None
    pause_seconds: int | None = None

    def __init__(
        self, status: HTTPStatus, detail: str, errors: tuple[FieldError, ...] = (), kind: str = ""
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.kind = status, detail, errors, kind

    @property
    def body(self) -> dict[str, Any]:
        """The problem as JSON."""
        found: dict[str, Any] = {
            "type": f"urn:tidemark:problem:{self.kind}" if self.kind else "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": redact_text(self.detail),
        }
        if self.remedy:
            found["remedy"] = self.remedy
        if self.runbook:
            found["runbook"] = self.runbook
        if self.errors:
            found["errors"] = [
                {"field": redact_text(e.field), "message": redact_text(e.message)}
                for e in self.errors
            ]
        return found


def bad_request(*errors: FieldError) -> Problem:
    """Refuse a body, naming every bad field."""
    names = ", ".join(dict.fromkeys(error.field for error in errors))
    return Problem(HTTPStatus.BAD_REQUEST, f"Correct: {names}", tuple(errors), "bad-request")


def not_found(detail: str) -> Problem:
    """Say that there is no such thing."""
    return Problem(HTTPStatus.NOT_FOUND, detail, kind="not-found")


def conflict(detail: str) -> Problem:
    """Say that the state of things does not allow it now."""
    return Problem(HTTPStatus.CONFLICT, detail, kind="conflict")


def unavailable(detail: str) -> Problem:
    """Say that something that is needed does not answer."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, kind="unavailable")
