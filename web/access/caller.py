"""Who sends a request: a caller with a role, found from what the platform vouches for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, Protocol, TypeAlias, get_args

from shared.loading.errors import PermanentError
from shared.runtime.settings import access_of

Role: TypeAlias = Literal["read", "operate", "administer"]
How: TypeAlias = Literal["key", "entra", "page"]

# In their order: each may do what those before it may.
ROLES: tuple[Role, ...] = get_args(Role)
KEY_HEADER = "x-functions-key"
# The Functions host takes the key from the query too.
KEY_PARAM = "code"


class NotSignedIn(PermanentError):
    """Send a function key of the app in the header `x-functions-key`; or, where `TIDEMARK_ACCESS` is `entra`, sign in with Entra ID."""


class NotAllowed(PermanentError):
    """Ask whoever administers the app for the role that the message names, in Entra ID under Enterprise applications."""


class Asked(Protocol):
    """What is looked at of a request. Header names are found in any case, as `func.HttpRequest` does."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    @property
    def params(self) -> Mapping[str, str]:
        """The fields of the query."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `name` tells callers apart and holds no secret; `how` is what says who it is."""

    name: str
    role: Role
    how: How


def identify(request: Asked, environ: Mapping[str, str] = os.environ) -> Caller:
    """Say who sends a request.

    Raises:
        NotSignedIn: nobody vouches for a caller.
        NotAllowed: the caller is known, and has no role here.
        SettingsIncomplete: TIDEMARK_ACCESS is nothing that is known.
    """
    if access_of(environ) == "keys":
        return _by_key(request)
    # Imported here: most apps let in by keys.
    from web.access.principal import read_principal  # noqa: PLC0415

    return read_principal(request.headers, environ)


def has(caller: Caller, role: Role) -> bool:
    """Say whether a caller has a role, or one that may do more."""
    return ROLES.index(caller.role) >= ROLES.index(role)


def require(caller: Caller, role: Role) -> None:
    """Let a caller pass who has a role, or one that may do more. Raises NotAllowed."""
    if not has(caller, role):
        raise NotAllowed(f"{caller.name} may {caller.role}; this needs the role {role}")


def _by_key(request: Asked) -> Caller:
    """Take whoever the host let in. Keys are told apart by the beginning of their hash."""
    key = request.headers.get(KEY_HEADER) or request.params.get(KEY_PARAM)
    if not key:
        return Caller(name="no key", role="administer", how="key")
    digest = sha256(key.encode("utf-8", "backslashreplace")).hexdigest()
    return Caller(name=f"key {digest[:8]}", role="administer", how="key")
