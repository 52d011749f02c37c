"""Where requests may go that a table file or a setting names: into the internet, and further only if told.

Whoever can write an address could otherwise make the app ask what only the app can reach: the
platform's metadata, which hands out tokens of its identity, or services of a private network. A name is
looked up once, at the connection: the addresses are judged, and exactly these are connected to. Looked
up twice, it could lead to another one the second time.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from shared.loading.errors import PermanentError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

SETTING = "TIDEMARK_ALLOW_PRIVATE_HOSTS"
# Where clouds tell a machine about itself, and hand out its identity: never a source of anything.
_NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "168.63.129.16/32")
)
# Kept for protocols, which older Pythons take for the internet; some clouds put their metadata there.
_RESERVED = ipaddress.ip_network("192.0.0.0/24")
# An IPv4 address written as one of IPv6: the last 32 bits are where it leads.
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


class AddressForbidden(PermanentError):
    """Correct the address. If the host is one of your own network, write `allow_private: true` under the table file's `source`, or its name or network into the setting TIDEMARK_ALLOW_PRIVATE_HOSTS; then rerun. Addresses of the platform itself (169.254.0.0/16, 168.63.129.16) are never asked."""


class ReachUnreadable(PermanentError):
    """Write host names and networks with commas between them into TIDEMARK_ALLOW_PRIVATE_HOSTS: `erp.corp.example, 10.1.0.0/16`."""


@dataclass(frozen=True)
class Reach:
    """What may be connected to besides the internet: everything private, or what is named.

    `named` holds host names in lower case, addresses and networks.
    """

    private: bool = False
    named: frozenset[str] = frozenset()

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """Those of the names that are addresses or networks."""
        return tuple(found for found in map(_network, self.named) if found is not None)

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Judge every address that a host has. Raises AddressForbidden."""
        for text in addresses:
            self._check(host, _plain(text))

    def _check(self, host: str, address: Address) -> None:
        if any(address in network for network in _NEVER) or address.is_unspecified:
            raise AddressForbidden(f"{host} is {address}, which belongs to the platform")
        if address.is_multicast:
            raise AddressForbidden(f"{host} is {address}, which is no host")
        is_global = address.is_global and address not in _RESERVED
        if is_global or self.private or host.lower().rstrip(".") in self.named:
            return
        if not any(address in network for network in self.networks):
            raise AddressForbidden(f"{host} is {address}, which is not an address of the internet")


def reach_of(environ: Mapping[str, str], *, private: bool = False) -> Reach:
    """Read what TIDEMARK_ALLOW_PRIVATE_HOSTS names. Raises ReachUnreadable."""
    texts = [text.strip().lower() for text in environ.get(SETTING, "").split(",")]
    named = frozenset(text for text in texts if text)
    for text in named:
        if "/" in text and _network(text) is None:
            raise ReachUnreadable(f"{SETTING}: {text} is no network")
        if "*" in text:
            raise ReachUnreadable(f"{SETTING}: {text} is no host; write every name, or networks")
    return Reach(private=private, named=named)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _plain(text: str) -> Address:
    """Read an address; of one that stands for another, that one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is None and any(address in network for network in _TRANSLATED):
        low = int(address) & 0xFFFFFFFF
        # `::` and `::1` are addresses of their own.
        inner = ipaddress.IPv4Address(low) if low > 1 else None
    return inner or address
