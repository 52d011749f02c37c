"""SharedKey signatures, checked as the public article "Authorize with Shared Key" defines them."""

import hashlib
import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from local.datalake.errors import Fault, Refused
from local.datalake.request import Request

DEVELOPMENT_ACCOUNT = "devstoreaccount1"
DEVELOPMENT_KEY = (  # the published key of the storage emulators, not a secret
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
_LATEST_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one account that is served; `key` is Base64."""

    name: str = DEVELOPMENT_ACCOUNT
    key: str = DEVELOPMENT_KEY

    def authenticate(self, request: Request) -> None:
        """Let only requests through that the account's key has signed in the last 15 minutes.

        Raises:
            Refused: AuthenticationFailed.
        """
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        name, _, signature = credential.partition(":")
        if scheme != "SharedKey" or name != self.name:
            raise Refused(Fault.AUTHENTICATION_FAILED)
        _require_current(request.headers)
        expected = self.sign(string_to_sign(request, account=self.name))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise Refused(Fault.AUTHENTICATION_FAILED, "The signature differs.")

    def sign(self, text: str) -> str:
        """Return the Base64 HMAC-SHA256 of a text under the account's key."""
        digest = hmac.new(b64decode(self.key), text.encode(), hashlib.sha256)
        return b64encode(digest.digest()).decode()


def string_to_sign(request: Request, *, account: str) -> str:
    """Put together what client and service sign."""
    headers = dict(request.headers)
    if headers.get("content-length") == "0":
        del headers["content-length"]
    if "x-ms-date" in headers:
        headers.pop("date", None)
    own = sorted((name for name in headers if name.startswith("x-ms-")), key=_collation)
    query = sorted((name.lower(), value) for name, value in request.query.items())
    return "".join(
        [
            f"{request.method}\n",
            *(f"{headers.get(name, '')}\n" for name in _SIGNED_HEADERS),
            *(f"{name}:{headers[name]}\n" for name in own),
            f"/{account}{request.raw_path}",
            *(f"\n{name}:{value}" for name, value in query),
        ]
    )


def _collation(name: str) -> tuple[str, str]:
    """Order header names as the service collates them.

    Hyphens count only between names that are otherwise equal, and underscores sort before digits
    and letters.
    """
    return name.replace("-", "").replace("_", "!"), name.replace("-", "~")


def _require_current(headers: Mapping[str, str]) -> None:
    text = headers.get("x-ms-date") or headers.get("date", "")
    try:
        sent = parsedate_to_datetime(text).timestamp()
    except ValueError:
        raise Refused(Fault.AUTHENTICATION_FAILED, "The date is missing or unreadable.") from None
    if abs(time.time() - sent) > _LATEST_SECONDS:
        raise Refused(Fault.AUTHENTICATION_FAILED, "The date is off by more than 15 minutes.")
