"""Who is let in: the session of a request, and whether a form was made for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from shared.loading.errors import PermanentError
from shared.runtime.settings import Settings, SettingsIncomplete, access_of
from web.access.caller import Caller, NotSignedIn, identify
from web.page.exchange import PageRequest
from web.page.frame import Frame
from web.page.sessions import (
    LASTS,
    SHORTEST_KEY,
    Session,
    begin_session,
    form_token,
    seal,
    unseal,
)

# Of App Service Authentication.
ENTRA_SIGN_IN = "/.auth/login/aad"
ENTRA_SIGN_OUT = "/.auth/logout"
TOKEN_FIELD = "token"  # noqa: S105 - the name of a field


class FormForeign(PermanentError):
    """Open the form again from its page and send that; it may be older than the session that you are signed in to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of somebody who is signed in. `token` is what forms of the session carry.

    `leave` is the address that signs out, empty where a form of ours does.
    """

    caller: Caller
    token: str
    leave: str = ""

    def frame(self, here: str) -> Frame:
        """Give what is around the pages of this visit; `here` shows one anew."""
        return Frame(
            caller=self.caller.name,
            role=self.caller.role,
            here=here,
            token=self.token,
            leave=self.leave,
        )


def session_key(settings: Settings) -> str:
    """Give the key that sessions are signed with. Raises SettingsIncomplete."""
    key = settings.session_key
    if key is None or len(key) < SHORTEST_KEY:
        raise SettingsIncomplete(
            f"set the app setting TIDEMARK_SESSION_KEY to a secret of at least {SHORTEST_KEY} characters"
        )
    return key


def find_visit(request: PageRequest, settings: Settings, now: datetime) -> Visit | None:
    """Say who sends a request, None if nobody is signed in.

    Where Entra ID says who asks there is no session of ours, and forms belong to the person.

    Raises:
        NotAllowed: somebody is signed in who has no role here.
        SettingsIncomplete: a setting is missing.
    """
    key = session_key(settings)
    if access_of(os.environ) == "entra":
        try:
            caller = identify(request)
        except NotSignedIn:
            return None
        whole = Session(name=caller.name, role=caller.role, nonce="entra", until=0)
        return Visit(caller=caller, token=form_token(whole, key), leave=ENTRA_SIGN_OUT)
    session = unseal(request.cookie(), key, now)
    if session is None:
        return None
    caller = Caller(name=session.name, role=session.role, how="page")
    return Visit(caller=caller, token=form_token(session, key))


def check_form(request: PageRequest, visit: Visit | None, given: str) -> Visit:
    """Let a form pass that was made for the session that sends it. Raises FormForeign."""
    check_sender(request)
    if visit is None:
        raise FormForeign("nobody is signed in")
    if not compare_digest(given.encode("utf-8", "replace"), visit.token.encode()):
        raise FormForeign("this form was not made for your session")
    return visit


def check_sender(request: PageRequest) -> None:
    """Let pass what no page of another site has sent. Raises FormForeign."""
    if not request.is_sent_by_us():
        raise FormForeign("a page of another site sent this")


def cookie_of(caller: Caller, request: PageRequest, settings: Settings, now: datetime) -> str:
    """Write the cookie that signs somebody in. Raises SettingsIncomplete."""
    sealed = seal(begin_session(caller, now), session_key(settings))
    return _cookie(request, sealed, int(LASTS.total_seconds()))


def no_cookie(request: PageRequest) -> str:
    """Write the cookie that signs out."""
    return _cookie(request, "", 0)


def _cookie(request: PageRequest, value: str, seconds: int) -> str:
    secure = "; Secure" if request.is_secure else ""
    return f"{request.cookie_name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
