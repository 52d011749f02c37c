"""Connects as `httpx` does, but only to addresses that may be reached, each looked up once."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from shared.adapters.http.reach import Reach


class _Guarded(httpcore.NetworkBackend):
    """Opens connections. The name stays that of the request: for its Host header and its certificate."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises AddressForbidden."""
        addresses = _look_up(host, port)
        self._reach.check(host, addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return self._real.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class GuardedTransport(httpx.HTTPTransport):
    """A transport whose connections go only where they may."""

    def __init__(self, reach: Reach, verify: ssl.SSLContext, most_connections: int = 1) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=verify, max_connections=most_connections, network_backend=_Guarded(reach)
        )


def guarded_client(url: str, reach: Reach, timeout: float) -> httpx.Client:
    """Make a client for one request to an address, which follows no redirect."""
    verify = httpx.create_ssl_context()
    return httpx.Client(
        transport=GuardedTransport(reach, verify),
        mounts=mounts_of([url], verify),
        timeout=timeout,
        follow_redirects=False,
    )


def mounts_of(urls: Iterable[str], verify: ssl.SSLContext) -> dict[str, httpx.BaseTransport]:
    """Give the transports for what the environment's proxies are to be asked for.

    What goes through a proxy is looked up and judged by the proxy, which the operator has chosen.
    """
    found: dict[str, httpx.BaseTransport] = {}
    proxies = getproxies()
    for url in urls if proxies else ():
        parts = urlsplit(url)
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        if proxy and parts.hostname and not proxy_bypass(parts.netloc):
            found[f"{parts.scheme}://{parts.netloc}"] = httpx.HTTPTransport(
                proxy=proxy, verify=verify
            )
    return found


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(type(error).__name__) from None
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
