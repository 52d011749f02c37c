"""How requests are signed. What is secret stays in these objects, and in no message."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from shared.adapters.rest.documents import is_object
from shared.adapters.rest.politeness import Clock
from shared.catalog import MissingSetting, resolve
from shared.catalog.rest_spec import AuthSpec
from shared.loading.errors import CredentialRejected

# A token is fetched anew so long before it expires, or after nine tenths of a shorter life.
_EARLY_SECONDS = 60.0
_SHARE = 0.9
# Where the answer does not say how long a token lives.
_USUAL_LIFE_SECONDS = 300


class Signer(Protocol):
    """Signs requests."""

    def headers(self) -> Mapping[str, str]:
        """Give the headers that sign the next request."""
        ...

    def params(self) -> Mapping[str, str]:
        """Give the query parameters that sign the next request."""
        ...

    def renew(self) -> bool:
        """After a request was refused: say whether there is a reason to sign another."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSigner:
    """Signs every request alike."""

    fixed_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    fixed_params: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def headers(self) -> Mapping[str, str]:
        """Give the headers."""
        return self.fixed_headers

    def params(self) -> Mapping[str, str]:
        """Give the parameters."""
        return self.fixed_params

    def renew(self) -> bool:
        """Nothing would change."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What is posted for a token: a form, and how the client says who it is."""

    url: str
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class TokenSigner:
    """Signs with a token that client credentials are exchanged for (RFC 6749, section 4.4).

    `fetch` posts the request and gives the answer's document. It raises CredentialRejected where the
    client is refused.
    """

    spec: AuthSpec
    user: str = field(repr=False)
    secret: str = field(repr=False)
    clock: Clock
    fetch: Callable[[TokenRequest], Any] = field(repr=False)
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    def headers(self) -> Mapping[str, str]:
        """Give the header, with a token that still lives for a while."""
        if not self._token or self.clock.now() >= self._until:
            self._renew()
        return {"authorization": f"Bearer {self._token}"}

    def params(self) -> Mapping[str, str]:
        """A token never goes into an address."""
        return {}

    def renew(self) -> bool:
        """Forget the token: it may have been withdrawn before its time."""
        self._token = ""
        return True

    def _renew(self) -> None:
        asked = self.clock.now()
        try:
            document = self.fetch(self._request(by_header=True))
        except CredentialRejected:
            # Some only read the form; to send both at once is against the protocol.
            document = self.fetch(self._request(by_header=False))
        token = document.get("access_token") if is_object(document) else None
        if not isinstance(token, str) or not _is_plain(token):
            raise CredentialRejected("what token_url answers holds no access_token")
        life = _life_of(document.get("expires_in"))
        self._token, self._until = token, asked + max(life * _SHARE, life - _EARLY_SECONDS)

    def _request(self, *, by_header: bool) -> TokenRequest:
        form = {"grant_type": "client_credentials"}
        if self.spec.scope is not None:
            form["scope"] = self.spec.scope
        headers: dict[str, str] = {}
        if by_header:
            headers["authorization"] = _basic(
                quote(self.user, safe=""), quote(self.secret, safe="")
            )
        else:
            form |= {"client_id": self.user, "client_secret": self.secret}
        return TokenRequest(url=self.spec.token_url, form=form, headers=headers)


def make_signer(
    spec: AuthSpec,
    environ: Mapping[str, str],
    clock: Clock,
    fetch: Callable[[TokenRequest], Any],
) -> Signer:
    """Resolve the secrets and give what signs with them. Raises CredentialRejected if one is missing."""
    match spec.how:
        case "none":
            return FixedSigner()
        case "api_key" if spec.place == "query":
            return FixedSigner(fixed_params={spec.name: _resolve(spec.secret, environ)})
        case "api_key":
            return FixedSigner(fixed_headers={spec.name: _plain(spec.secret, environ)})
        case "bearer":
            token = _plain(spec.secret, environ)
            return FixedSigner(fixed_headers={"authorization": f"Bearer {token}"})
        case "basic":
            user, password = _resolve(spec.user, environ), _resolve(spec.secret, environ)
            return FixedSigner(fixed_headers={"authorization": _basic(user, password)})
        case "oauth2":
            return TokenSigner(
                spec=spec,
                user=_resolve(spec.user, environ),
                secret=_resolve(spec.secret, environ),
                clock=clock,
                fetch=fetch,
            )


def _life_of(said: Any) -> float:
    """Read how long a token lives, in seconds; some say it as a text."""
    text = str(said)
    return float(text) if text.isascii() and text.isdigit() else _USUAL_LIFE_SECONDS


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def _resolve(reference: str, environ: Mapping[str, str]) -> str:
    try:
        return resolve(reference, environ)
    except MissingSetting as error:
        fault = error.fault.partition(";")[0]
        raise CredentialRejected(f"{error.setting} {fault}") from error


def _plain(reference: str, environ: Mapping[str, str]) -> str:
    """Give a secret that can stand in a header: a client would repeat any other in its message."""
    value = _resolve(reference, environ)
    if not _is_plain(value):
        raise CredentialRejected(f"{reference} holds characters that no header can have")
    return value


def _is_plain(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable() and value == value.strip()
