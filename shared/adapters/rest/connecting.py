"""Connects to a REST interface: secrets, client, pace."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

import httpx

from shared.adapters.http.connecting import GuardedTransport, mounts_of
from shared.adapters.http.reach import Reach, reach_of
from shared.adapters.rest.authentication import FixedSigner, make_signer
from shared.adapters.rest.client import RestClient
from shared.adapters.rest.exchange import Limits
from shared.adapters.rest.politeness import Clock, Pace, SystemClock
from shared.adapters.rest.session import RestSession
from shared.catalog import SourceSpec
from shared.catalog.rest_spec import RestSourceSpec
from shared.catalog.rest_values import is_local
from shared.loading.errors import BadOrder
from shared.loading.plan import PlannedColumn

_AGENT = "tidemark"


@contextmanager
def connect(
    source: SourceSpec,
    environ: Mapping[str, str],
    columns: Sequence[PlannedColumn] = (),
    *,
    clock: Clock | None = None,
    limits: Limits | None = None,
) -> Generator[RestSession]:
    """Make a session, whose connections are closed at the end. Nothing is asked yet.

    Raises:
        CredentialRejected: a setting that `auth` names is missing.
        ReachUnreadable: TIDEMARK_ALLOW_PRIVATE_HOSTS cannot be read.
    """
    rest = source.rest
    if rest is None:
        raise BadOrder(f"source {source.name} has no base_url")
    clock, limits = clock or SystemClock(), limits or Limits()
    reach = reach_of(environ, private=rest.allow_private)
    with _client(rest, reach, limits) as http:
        client = RestClient(
            http=http,
            base_url=rest.base_url,
            signer=FixedSigner(),
            clock=clock,
            pace=Pace(clock=clock, interval=_interval(rest, source.max_connections)),
            limits=limits,
        )
        client.signer = make_signer(rest.auth, environ, clock, client.post_form)
        yield RestSession(client=client, known=columns)


def _interval(rest: RestSourceSpec, connections: int) -> float:
    """Share the rate among all connections that there may be, as they do not know of each other."""
    return 0.0 if rest.requests_per_second is None else connections / rest.requests_per_second


@cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates that are trusted once: it takes longer than many a request."""
    return httpx.create_ssl_context()


def _client(rest: RestSourceSpec, reach: Reach, limits: Limits) -> httpx.Client:
    # What is on this machine is not behind a proxy.
    urls = [url for url in (rest.base_url, rest.auth.token_url) if url and not _is_here(url)]
    return httpx.Client(
        follow_redirects=False,
        timeout=httpx.Timeout(limits.silence_seconds, connect=limits.connect_seconds),
        headers={"user-agent": _AGENT},
        transport=GuardedTransport(reach, _trusted()),
        mounts=mounts_of(urls, _trusted()),
    )


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return is_local(parts.scheme, parts.hostname or "")
