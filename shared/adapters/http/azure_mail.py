"""Sends alerts as e-mail by Azure Communication Services, over its REST interface.

One request needs no SDK. It is signed with the resource's key by HMAC-SHA256
(https://learn.microsoft.com/rest/api/communication/authentication), or bears a token of the app's
managed identity.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import msgspec

from shared.adapters.http.posting import TIMEOUT_SECONDS, post
from shared.alerting.alert import Alert
from shared.alerting.mail import thread_of, write_text
from shared.alerting.wording import title_of

_PATH = "/emails:send?api-version=2023-03-31"
# What the service sets by itself, or refuses.
_THREAD = ("In-Reply-To", "References")


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureMailChannel:
    """Implements `shared.alerting.alert.Channel`.

    Without a `key` (base64) `token` gives what the managed identity has been given. `now` gives the
    time in UTC.
    """

    endpoint: str
    sender: str
    receivers: tuple[str, ...]
    now: Callable[[], datetime] = field(repr=False)
    key: str | None = field(default=None, repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)
    timeout: float = TIMEOUT_SECONDS
    name: str = "email"

    def send(self, alert: Alert) -> None:
        """Hand the message over; whether it arrives is the service's to see to."""
        body = msgspec.json.encode(render_azure_mail(alert, self.sender, self.receivers))
        # The service takes a message once that comes again under the same id.
        headers = {
            "content-type": "application/json",
            "operation-id": str(uuid5(NAMESPACE_URL, alert.id)),
            **self._signed(body),
        }
        post(self.name, f"{self.endpoint}{_PATH}", body, headers, timeout=self.timeout)

    def _signed(self, body: bytes) -> Mapping[str, str]:
        if self.key is not None:
            host = urlsplit(self.endpoint).netloc
            return sign_request(self.key, host=host, at=self.now(), body=body)
        return {"authorization": f"Bearer {self.token()}"} if self.token else {}


def render_azure_mail(alert: Alert, sender: str, receivers: tuple[str, ...]) -> dict[str, Any]:
    """Give the JSON that is posted."""
    thread = thread_of(alert, sender)
    return {
        "senderAddress": sender,
        "recipients": {"to": [{"address": each} for each in receivers]},
        "content": {"subject": title_of(alert), "plainText": write_text(alert)},
        "headers": {name: thread[name] for name in _THREAD if name in thread},
        "userEngagementTrackingDisabled": True,
    }


def sign_request(key: str, *, host: str, at: datetime, body: bytes) -> dict[str, str]:
    """Give the headers that sign a POST of a body."""
    date = format_datetime(at, usegmt=True)
    digest = base64.b64encode(sha256(body).digest()).decode()
    signed = f"POST\n{_PATH}\n{date};{host};{digest}".encode()
    signature = base64.b64encode(hmac.new(base64.b64decode(key), signed, sha256).digest()).decode()
    return {
        "x-ms-date": date,
        "x-ms-content-sha256": digest,
        "authorization": "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
        f"&Signature={signature}",
    }
