"""Addresses: which may be gone to, and how they are told without what may be secret."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from shared.loading.errors import AddressRefused

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: whom a request talks to."""

    scheme: str
    host: str
    port: int

    @property
    def text(self) -> str:
        """The origin as an address would begin."""
        return f"{self.scheme}://{self.host}:{self.port}"


def origin_of(url: str) -> Origin | None:
    """Give the origin of an absolute address; None if it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if host is None or parts.scheme not in _PORTS:
        return None
    return Origin(parts.scheme, host.rstrip("."), port or _PORTS[parts.scheme])


def follow(current: str, target: str, what: str) -> str:
    """Give the address that an answer leads to, seen from the one that was asked.

    Raises:
        AddressRefused: it is of another origin, or carries a login. The message names the origin alone.
    """
    try:
        joined = urljoin(current, target)
        has_login = "@" in urlsplit(joined).netloc
    except ValueError as error:
        raise AddressRefused(f"{what} is no address") from error
    there, here = origin_of(joined), origin_of(current)
    if there is None or has_login or there != here:
        where = there.text if there else "something else than http"
        raise AddressRefused(f"{what} leads to {where} instead of {here.text if here else current}")
    return joined


def tell(url: str) -> str:
    """Give the path of an address, without its query, which may hold a key."""
    return urlsplit(url).path or "/"
