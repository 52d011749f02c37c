"""Posts alerts as JSON: to a webhook of one's own, signed, and to those of Slack and Teams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from shared.adapters.http.posting import TIMEOUT_SECONDS, post
from shared.alerting.alert import Alert
from shared.alerting.signing import sign

_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """Posts an alert as its own fields. Implements `shared.alerting.alert.Channel`.

    The address may hold a secret: neither it nor a key is ever shown. `now` gives the time in UTC.
    """

    url: str = field(repr=False)
    now: Callable[[], datetime] = field(repr=False)
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    timeout: float = TIMEOUT_SECONDS
    name: str = "webhook"

    def send(self, alert: Alert) -> None:
        """Post the alert."""
        body = msgspec.json.encode(alert)
        signed = sign(alert.id, int(self.now().timestamp()), body, self.keys)
        post(self.name, self.url, body, {**_JSON, **signed}, timeout=self.timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChannel:
    """Posts an alert as a chat wants to read it. Implements `shared.alerting.alert.Channel`."""

    name: str
    url: str = field(repr=False)
    render: Callable[[Alert], dict[str, Any]] = field(repr=False)
    timeout: float = TIMEOUT_SECONDS

    def send(self, alert: Alert) -> None:
        """Post the alert."""
        body = msgspec.json.encode(self.render(alert))
        post(self.name, self.url, body, _JSON, timeout=self.timeout)
