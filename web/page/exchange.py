"""A request for a page as the routes see it, and what they reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from shared.runtime.wiring import App
from web.api.exchange import Answer, Request
from web.api.problems import FieldError, Problem, bad_request
from web.page.views.run import StepTaken
from web.page.wording import BELOW, HOME

MOST_FORM_BYTES = 64 * 1024
MOST_FIELDS = 100
_FORM = "application/x-www-form-urlencoded"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LONGEST_NEXT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A request. `path` is what follows `/api/page/`; headers are found by their names in lower case.

    `origin` is the scheme and host that it was sent to, `base` the address that links elsewhere begin with.
    """

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    origin: str
    base: str

    @property
    def here(self) -> str:
        """The address of this request, for a link that shows it again."""
        address = f"{BELOW}/{self.path}" if self.path else HOME
        kept = {name: text for name, text in self.params.items() if name != "code"}
        return f"{address}?{urlencode(kept, errors='replace')}" if kept else address

    @property
    def is_secure(self) -> bool:
        """Whether a cookie has to be sent over HTTPS only: everywhere but on this machine itself."""
        parts = urlsplit(self.origin)
        return parts.scheme != "http" or parts.hostname not in _LOOPBACK

    @property
    def cookie_name(self) -> str:
        """The name of the session's cookie; the prefix lets a browser take it from this host only."""
        return "__Host-tidemark" if self.is_secure else "tidemark"

    def cookie(self) -> str:
        """Give the session's cookie, empty if there is none."""
        try:
            found = SimpleCookie(self.headers.get("cookie", "")).get(self.cookie_name)
        except CookieError:
            return ""
        return found.value if found else ""

    def form(self) -> Mapping[str, str]:
        """Read the fields of a form. Raises Problem if it is none."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != _FORM:
            raise bad_request(FieldError(field="content-type", message=f"must be {_FORM}"))
        if len(self.body) > MOST_FORM_BYTES:
            message = f"is larger than {MOST_FORM_BYTES} bytes"
            raise bad_request(FieldError(field="body", message=message))
        try:
            text = self.body.decode()
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            raise bad_request(FieldError(field="body", message="is no form")) from None
        return dict(pairs)

    def is_sent_by_us(self) -> bool:
        """Say whether a browser that tells from where a request comes tells of our own pages.

        `Origin` is `null` where pages keep their address to themselves, as ours do.
        """
        site = self.headers.get("sec-fetch-site")
        origin = self.headers.get("origin", "null")
        return site in (None, "same-origin") and origin in ("null", self.origin, self.base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer, and what is to be started before that.

    With `history_of`, the name of an orchestration, `finish` makes the body of what the host tells of it.
    With `wanted` it is what the API answers that makes the reply.
    """

    body: str | bytes = ""
    status: HTTPStatus = HTTPStatus.OK
    kind: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    wanted: Wanted | None = None
    history_of: str | None = None
    finish: Callable[[tuple[StepTaken, ...]], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a form asks of the API: its function, the request, and what is replied to each answer."""

    route: Callable[[App, Request], Answer]
    request: Request
    done: Callable[[Answer], Reply]
    refused: Callable[[Problem], Reply]


def go_to(address: str) -> Reply:
    """Send the browser to another page, which it asks for by GET."""
    return Reply(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def own_page(address: str | None) -> str:
    """Give an address if it is one of our pages, else the first page: nobody is sent elsewhere from here."""
    address = address or HOME
    plain = all("!" <= letter <= "~" and letter != "\\" for letter in address)
    ours = address == HOME or address.startswith((f"{HOME}?", f"{BELOW}/"))
    return address if plain and ours and len(address) <= _LONGEST_NEXT else HOME
