"""Sessions of a browser: a signed cookie that says who it is, and tokens that tie forms to it.

Nothing is kept on the server. A cookie is `version.payload.signature`, the signature an HMAC-SHA-256
(RFC 2104) under the app setting `TIDEMARK_SESSION_KEY`; to change that setting ends every session.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, cast

from web.access.caller import ROLES, Caller, Role

LASTS = timedelta(hours=8)
# Shorter settings are refused: a key has to be guessed by nobody.
SHORTEST_KEY = 32
LONGEST_COOKIE = 2_000
_VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in, with which role, until when (POSIX seconds). `nonce` is new with each session."""

    name: str
    role: Role
    nonce: str
    until: int


def begin_session(caller: Caller, now: datetime) -> Session:
    """Sign somebody in."""
    until = int((now + LASTS).timestamp())
    return Session(name=caller.name, role=caller.role, nonce=token_urlsafe(18), until=until)


def seal(session: Session, key: str) -> str:
    """Write a session as the value of a cookie."""
    payload = _encode(json.dumps(asdict(session)).encode())
    return f"{_VERSION}.{payload}.{_sign(key, 'session', payload)}"


def unseal(text: str, key: str, now: datetime) -> Session | None:
    """Read a cookie; None if it is not ours, or has run out."""
    parts = text.split(".")
    if len(text) > LONGEST_COOKIE or len(parts) != 3 or parts[0] != _VERSION:  # noqa: PLR2004 - see above
        return None
    _, payload, signature = parts
    if not _same(signature, _sign(key, "session", payload)):
        return None
    found = _read(payload)
    return None if found is None or found.until <= now.timestamp() else found


def form_token(session: Session, key: str) -> str:
    """Give the token that every form of a session carries."""
    return _sign(key, "form", f"{session.name}\n{session.nonce}")


def _read(payload: str) -> Session | None:
    try:
        raw: Any = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return None
    fields = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    name, role = fields.get("name"), fields.get("role")
    nonce, until = fields.get("nonce"), fields.get("until")
    if not (isinstance(name, str) and role in ROLES and isinstance(nonce, str)):
        return None
    if not isinstance(until, int):
        return None
    return Session(name=name, role=role, nonce=nonce, until=until)


def _sign(key: str, purpose: str, text: str) -> str:
    given = f"tidemark {purpose}\n{text}".encode("utf-8", "replace")
    return _encode(hmac.new(key.encode(), given, sha256).digest())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
