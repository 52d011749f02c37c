"""Posts alerts as JSON to a webhook."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from shared.alerting.alert import Alert, AlertRefused, AlertUndelivered

TIMEOUT_SECONDS = 10
# Too early, too many requests, or too slow: these may go through later.
_PASSING = (408, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotifier:
    """Implements `shared.alerting.alert.Notifier`. The address may hold a secret: it is never shown."""

    url: str | None = field(repr=False)

    def send(self, alert: Alert) -> bool:
        """Post the alert; False without an address."""
        if self.url is None:
            return False
        # Imported here: a failed order is rare, and the client is slow to import.
        import httpx  # noqa: PLC0415

        headers = {"content-type": "application/json"}
        try:
            answer = httpx.post(
                self.url,
                content=msgspec.json.encode(alert),
                headers=headers,
                timeout=TIMEOUT_SECONDS,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The message of the client's error may repeat the address.
            raise AlertUndelivered(f"the webhook: {type(error).__name__}") from None
        if answer.is_client_error and answer.status_code not in _PASSING:
            raise AlertRefused(f"the webhook answered {answer.status_code}")
        if not answer.is_success:  # a redirect has delivered nothing either
            raise AlertUndelivered(f"the webhook answered {answer.status_code}")
        return True
