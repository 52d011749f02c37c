"""Opens the channels by which alerts leave, as the settings name them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.adapters.http.azure_mail import AzureMailChannel
from shared.adapters.http.webhook import ChatChannel, WebhookChannel
from shared.adapters.mail.smtp import SmtpChannel
from shared.alerting.alert import AlertUndelivered, Channel
from shared.alerting.slack import render_slack
from shared.alerting.teams import render_teams
from shared.runtime.alert_settings import AlertSettings, EmailSettings, SmtpSettings

_SCOPE = "https://communication.azure.com/.default"


def open_channels(
    settings: AlertSettings, now: Callable[[], datetime], identity: Callable[[], Any]
) -> tuple[Channel, ...]:
    """Give the channels that are set. `identity` gives the app's credential, where one needs it."""
    channels: list[Channel] = []
    if settings.webhook is not None:
        keys = settings.webhook_keys
        channels.append(WebhookChannel(url=settings.webhook, now=now, keys=keys))
    if settings.slack is not None:
        channels.append(ChatChannel(name="slack", url=settings.slack, render=render_slack))
    if settings.teams is not None:
        channels.append(ChatChannel(name="teams", url=settings.teams, render=render_teams))
    if settings.email is not None:
        channels.append(_email(settings.email, now, identity))
    return tuple(channels)


def _email(
    settings: EmailSettings, now: Callable[[], datetime], identity: Callable[[], Any]
) -> Channel:
    way = settings.way
    if isinstance(way, SmtpSettings):
        return SmtpChannel(
            host=way.host,
            port=way.port,
            sender=settings.sender,
            receivers=settings.receivers,
            tls=way.tls,
            user=way.user,
            password=way.password,
        )
    return AzureMailChannel(
        endpoint=way.endpoint,
        sender=settings.sender,
        receivers=settings.receivers,
        now=now,
        key=way.key,
        token=lambda: _token(identity()),
    )


def _token(identity: Any) -> str:
    # Imported here: only who sends by this service without a key needs it.
    from azure.core.exceptions import AzureError  # noqa: PLC0415

    try:
        return identity.get_token(_SCOPE).token
    except AzureError as error:
        # The identity's service may only be busy; its message may be long and name much.
        raise AlertUndelivered(f"email: managed identity: {type(error).__name__}") from None
