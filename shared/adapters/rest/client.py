"""Asks a REST interface, again where a fault may pass, and never anybody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import httpx

from shared.adapters.rest.addresses import follow, origin_of, tell
from shared.adapters.rest.authentication import Signer, TokenRequest
from shared.adapters.rest.documents import DocumentBroken, read_document
from shared.adapters.rest.exchange import Limits, Passing, RawAnswer, Refused, exchange
from shared.adapters.rest.politeness import (
    LONGEST_WAIT_SECONDS,
    MOST_WAITING_SECONDS,
    Clock,
    Pace,
    growing_pause,
    parse_date,
)
from shared.loading.errors import (
    AddressRefused,
    AnswerUnreadable,
    CredentialRejected,
    QueryRefused,
    TableMissing,
)

T = TypeVar("T")

MOST_TRIES = 6
_MOST_REDIRECTS = 5
_TOKEN_BYTES = 1_000_000
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)')
_RELATION = re.compile(r';\s*rel\s*=\s*("[^"]*"|[^\s",;]+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page as JSON. `date` is the source's clock, UTC, None if it does not tell it.

    `url` is what was asked, with its query; `link` the address that a Link header calls next.
    """

    document: Any
    date: datetime | None
    url: str = field(repr=False)
    link: str | None = field(default=None, repr=False)


@dataclass(slots=True, kw_only=True)
class RestClient:
    """One connection to one interface. `waited` are the seconds that pauses have taken so far."""

    http: httpx.Client = field(repr=False)
    base_url: str
    signer: Signer = field(repr=False)
    clock: Clock
    pace: Pace
    limits: Limits
    waited: float = 0.0

    def address(self, path: str) -> str:
        """Give the address of a path of the interface."""
        return self.base_url + path

    def get(self, url: str, params: Sequence[tuple[str, str]] = (), *, most_bytes: int) -> Answer:
        """Ask for a page. `url` is of the interface's origin; what is secret goes nowhere else.

        Raises:
            AddressRefused: the address, or what it redirects to, is elsewhere.
            SourceUnavailable, SourceThrottled: it does not answer after several tries.
            CredentialRejected, TableMissing, QueryRefused, AnswerUnreadable: as they say.
        """
        if origin_of(url) != origin_of(self.base_url):
            raise AddressRefused(f"{tell(url)} is not of {self.base_url}")
        return self.patiently(lambda: self._get(url, tuple(params), most_bytes))

    def post_form(self, wanted: TokenRequest) -> Any:
        """Post a form for a token. Raises CredentialRejected if the client is refused."""
        return self.patiently(lambda: self._post(wanted))

    def ping(self) -> None:
        """Ask for the interface's address; whatever it answers, it is up if it takes the signature."""
        with suppress(TableMissing, QueryRefused, AnswerUnreadable):
            self.patiently(lambda: self._signed(self.base_url, (), _TOKEN_BYTES))

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer, with pauses that grow, or those that the source asks for."""
        tries = 0
        while True:
            tries += 1
            try:
                return ask()
            except Passing as fault:
                pause = max(growing_pause(tries), fault.pause or 0.0)
                too_long = pause > LONGEST_WAIT_SECONDS
                if too_long or tries >= MOST_TRIES or self.waited + pause > MOST_WAITING_SECONDS:
                    raise fault.error from None
                self.waited += pause
                self.clock.sleep(pause)

    def _get(self, url: str, params: tuple[tuple[str, str], ...], most_bytes: int) -> Answer:
        for _ in range(_MOST_REDIRECTS):
            raw = self._signed(url, params, most_bytes)
            if raw.redirect is None:
                return self._answer(url, raw)
            url, params = follow(url, raw.redirect, "a redirect"), ()
        raise AddressRefused(f"{tell(url)} redirects more than {_MOST_REDIRECTS} times")

    def _signed(self, url: str, params: tuple[tuple[str, str], ...], most_bytes: int) -> RawAnswer:
        """Sign and send; once more with a new signature where there is one to be had."""
        for last in (False, True):
            try:
                request = self._request(url, params)
                self.pace.keep()
                return exchange(self.http, request, self.clock, self.limits, most_bytes)
            except Refused as error:
                if last or not self.signer.renew():
                    raise CredentialRejected(f"{error}: what `auth` names is not taken") from None
        raise AssertionError("one of the two tries has ended")

    def _request(self, url: str, params: tuple[tuple[str, str], ...]) -> httpx.Request:
        headers = {"accept": "application/json", "cache-control": "no-cache"}
        address = httpx.URL(url)
        for name, value in (*params, *self.signer.params().items()):
            address = address.copy_set_param(name, value)
        return self.http.build_request(
            "GET", address, headers=headers | dict(self.signer.headers())
        )

    def _answer(self, url: str, raw: RawAnswer) -> Answer:
        where, kind = tell(url), raw.headers.get("content-type", "")
        media = kind.partition(";")[0].strip().lower()
        if not media.endswith(("/json", "+json")):
            raise Passing(AnswerUnreadable(f"{where} answers {media or 'no type'} instead of JSON"))
        try:
            document = read_document(raw.body)
        except DocumentBroken as error:
            raise Passing(AnswerUnreadable(f"{where}: {error}")) from None
        return Answer(
            document=document,
            date=parse_date(raw.headers.get("date", "")),
            url=url,
            link=_next_link(raw.headers),
        )

    def _post(self, wanted: TokenRequest) -> Any:
        request = self.http.build_request(
            "POST", wanted.url, data=dict(wanted.form), headers=dict(wanted.headers)
        )
        try:
            raw = exchange(self.http, request, self.clock, self.limits, _TOKEN_BYTES)
            if raw.redirect is not None:
                raise AddressRefused("token_url redirects; write where it leads to")
            return read_document(raw.body)
        except Refused:
            raise CredentialRejected("token_url refuses the client") from None
        except (TableMissing, QueryRefused, DocumentBroken):
            raise CredentialRejected("token_url gives no token") from None


def _next_link(headers: Mapping[str, str]) -> str | None:
    """Find the address that is called next in Link headers (RFC 8288)."""
    for url, params in _LINK.findall(headers.get("link", "")):
        relation = _RELATION.search(params)
        if relation and "next" in relation[1].strip('"').lower().split():
            return url
    return None
