"""The door that every request goes through: who asks, whether they may, and from where they ask."""

from __future__ import annotations

import os
from functools import cache
from typing import Protocol

from shared.loading.errors import PermanentError
from shared.runtime.settings import pace_of
from web.access.caller import Asked, Caller, identify, require
from web.access.limits import Pace, Sized, check_size
from web.access.permissions import permission_of

# A browser says by it which page sends a request, and lets no page write it.
_SENDER = "Sec-Fetch-Site"
# The app's own pages, and what a person types or a program sends.
_OWN = ("same-origin", "none")


class SentFromElsewhere(PermanentError):
    """Act on the app's own pages, or send the request with a program: a page of another site may change nothing here."""


class Received(Asked, Sized, Protocol):
    """A request as `func.HttpRequest` gives it."""


def admit(name: str, request: Received) -> Caller:
    """Let a request through to the route of this name; give who sends it.

    Raises:
        RouteClosed, NotSignedIn, NotAllowed, SentFromElsewhere: it is not let through.
        RequestTooLarge, TooManyRequests: it is not let through now, or not as it is.
        SettingsIncomplete: a setting of access is nothing that is known.
    """
    permission = permission_of(name)
    check_size(request)
    caller = identify(request)
    require(caller, permission.role)
    # Who has signed in is known to the browser, which would send it along with any site's form.
    if permission.changes and request.headers.get(_SENDER, "none") not in _OWN:
        raise SentFromElsewhere("a page of another site sent this")
    if permission.changes or permission.dear:
        keep_pace(caller)
    return caller


def keep_pace(caller: Caller) -> None:
    """Let pass who does not ask too often. Raises TooManyRequests, SettingsIncomplete."""
    _pace().keep(caller.name)


@cache
def _pace() -> Pace:
    """The buckets of this process."""
    return Pace(per_minute=pace_of(os.environ))
