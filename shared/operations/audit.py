"""The record of what people and programs did: written down before it is done, and completed after.

Entries are only ever added. Who did what to which table is kept; what was sent is kept by the names of
fields that hold no secret and no row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeAlias, cast

from shared.loading.errors import TransientError
from shared.operations.pages import Page
from shared.operations.redaction import redact_text

Outcome: TypeAlias = Literal["done", "refused", "failed"]

# Fields of requests that say what was asked. Of a release the tables are kept, and never the keys of rows.
KEPT = frozenset(
    {
        *("after", "compare", "from", "mode", "parallel", "position", "reason", "skip"),
        *("source", "table", "tables", "to", "version", "window"),
    }
)
_MOST_NAMED = 20
_LONGEST_TEXT = 500
_LONGEST_TARGET = 500
_ID = re.compile(r"[0-9]{8}T[0-9]{9}Z-[0-9a-f]{12}")


class AuditUnavailable(TransientError):
    """Nothing was done, as nothing may be done that is not written down: see that Table Storage answers and that the app may write there, then send the request again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditIntent:
    """What somebody is about to do. `at` is UTC, ISO 8601; `target` the path of the request.

    `id` begins with the time, so that later ones sort after earlier ones.
    """

    id: str
    at: str
    who: str
    how: str
    role: str
    action: str
    target: str
    asked: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOutcome:
    """What became of it: the HTTP status, and the order or the refresh that came of it, if one did."""

    id: str
    at: str
    outcome: Outcome
    status: int
    order_id: str | None = None
    refresh: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Both together. Without an outcome it is under way, or whoever carried it out died."""

    intent: AuditIntent
    outcome: AuditOutcome | None


class AuditLog(Protocol):
    """Where the record is kept. Raises as the store does."""

    def begin(self, intent: AuditIntent) -> None:
        """Add what is about to be done."""
        ...

    def end(self, outcome: AuditOutcome) -> None:
        """Add what became of it."""
        ...

    def entries(self, most: int, page: str | None) -> Page[AuditEntry]:
        """List entries, newest first. Raises PageUnknown."""
        ...


def new_audit_id(now: datetime, entropy: str) -> str:
    """Make an id of the time in UTC and twelve hexadecimal digits."""
    moment = now.astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z-{entropy}"


def is_audit_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def target_of(path: str) -> str:
    """Give the path of a request as it is kept: without secrets, and bounded."""
    return _shown(path, _LONGEST_TARGET)


def asked_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is kept of a request's body."""
    found = {name: _kept(value) for name, value in body.items() if name in KEPT}
    released: Any = body.get("release")
    if isinstance(released, list):
        rows = cast("list[Any]", released)
        named = [
            cast("dict[str, Any]", each).get("table") for each in rows if isinstance(each, dict)
        ]
        found["release"] = _kept([name for name in named if isinstance(name, str)])
    return found


def _kept(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, list):
        items = cast("list[Any]", value)
        named = [_kept(str(item)) for item in items[:_MOST_NAMED]]
        return (
            named if len(items) <= _MOST_NAMED else [*named, f"and {len(items) - _MOST_NAMED} more"]
        )
    return _shown(str(value), _LONGEST_TEXT)


def _shown(text: str, most: int) -> str:
    # Half a surrogate pair can be written in JSON, but not stored: its escape is.
    # Cut only after: of a secret that is cut in two the beginning would stay.
    shown = text[: 4 * most].encode("utf-8", "backslashreplace").decode()
    return redact_text(shown)[:most]
