"""The door that every request goes through: who asks, whether they may, and from where they ask."""

from __future__ import annotations

from shared.loading.errors import PermanentError
from web.access.caller import Asked, Caller, identify, require
from web.access.permissions import permission_of

# A browser says by it which page sends a request, and lets no page write it.
_SENDER = "Sec-Fetch-Site"
# The app's own pages, and what a person types or a program sends.
_OWN = ("same-origin", "none")


class SentFromElsewhere(PermanentError):
    """Act on the app's own pages, or send the request with a program: a page of another site may change nothing here."""


def admit(name: str, request: Asked) -> Caller:
    """Let a request through to the route of this name; give who sends it.

    Raises:
        RouteClosed, NotSignedIn, NotAllowed, SentFromElsewhere: it is not let through.
        SettingsIncomplete: TIDEMARK_ACCESS is nothing that is known.
    """
    permission = permission_of(name)
    caller = identify(request)
    require(caller, permission.role)
    # Who has signed in is known to the browser, which would send it along with any site's form.
    if permission.changes and request.headers.get(_SENDER, "none") not in _OWN:
        raise SentFromElsewhere("a page of another site sent this")
    return caller
