"""Who App Service Authentication says has signed in, as it tells the app in a header.

The platform checks the token and writes `X-MS-CLIENT-PRINCIPAL`, which it takes out of what comes from
outside (https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities).
Where it is not switched on anybody could write that header: then nobody is let in.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any, cast

from shared.runtime.settings import is_vouched
from web.access.caller import ROLES, Caller, NotAllowed, NotSignedIn, Role

PRINCIPAL_HEADER = "X-MS-CLIENT-PRINCIPAL"
# Entra ID, as App Service calls it.
PROVIDER = "aad"
ROLE_CLAIMS = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})
APP_ROLES: Mapping[str, Role] = {
    "Tidemark.Read": "read",
    "Tidemark.Operate": "operate",
    "Tidemark.Administer": "administer",
}
# The first that is there names the caller: a person by address, an application by its id.
_NAME_CLAIMS = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "azp",
    "appid",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "oid",
)
_LONGEST_NAME = 200
_LONGEST_HEADER = 64 * 1024


def read_principal(headers: Mapping[str, str], environ: Mapping[str, str]) -> Caller:
    """Give the caller that the platform vouches for, with the highest of its roles.

    Raises:
        NotSignedIn: App Service Authentication is not on, or it names nobody of Entra ID.
        NotAllowed: the caller has none of the app's roles.
    """
    if not is_vouched(environ):
        raise NotSignedIn(
            "TIDEMARK_ACCESS is entra, and App Service Authentication is not on: nobody can be let in"
        )
    claims = _claims(headers.get(PRINCIPAL_HEADER, ""))
    name = _name(claims)
    given = {value for kind, value in claims if kind in ROLE_CLAIMS}
    held: list[Role] = [role for title, role in APP_ROLES.items() if title in given]
    held.sort(key=ROLES.index)
    if not held:
        raise NotAllowed(f"{name} has none of the roles {', '.join(APP_ROLES)}")
    return Caller(name=name, role=held[-1], how="entra")


def _claims(header: str) -> list[tuple[str, str]]:
    """Read the claims, each with its type. What has any other form is nobody."""
    if not header or len(header) > _LONGEST_HEADER:
        raise NotSignedIn("nobody has signed in")
    try:
        raw: Any = json.loads(b64decode(header, validate=True))
    except (ValueError, RecursionError):
        raise NotSignedIn(f"{PRINCIPAL_HEADER} cannot be read") from None
    principal = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    if principal.get("auth_typ") != PROVIDER:
        raise NotSignedIn("whoever has signed in is not of Entra ID")
    listed = principal.get("claims")
    found = list(_pairs(cast("list[Any]", listed))) if isinstance(listed, list) else []
    if not found:
        raise NotSignedIn(f"{PRINCIPAL_HEADER} names nobody")
    return found


def _pairs(listed: Iterable[Any]) -> Iterable[tuple[str, str]]:
    for raw in listed:
        claim = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
        kind, value = claim.get("typ"), claim.get("val")
        if isinstance(kind, str) and isinstance(value, str):
            yield kind, value


def _name(claims: Iterable[tuple[str, str]]) -> str:
    values = dict(reversed(list(claims)))
    for kind in _NAME_CLAIMS:
        shown = "".join(each for each in values.get(kind, "") if each.isprintable()).strip()
        if shown:
            return shown[:_LONGEST_NAME]
    raise NotSignedIn(f"{PRINCIPAL_HEADER} names nobody")
