"""By which channels alerts leave: app settings, read once and checked together."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, get_args
from urllib.parse import urlsplit

from shared.alerting.signing import read_keys
from shared.catalog.duration import parse_short

Tls = Literal["starttls", "tls", "none"]
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_SERVER = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The server that takes e-mail, and how it is spoken to."""

    host: str
    port: int
    tls: Tls
    user: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureMailSettings:
    """The resource of Communication Services; without a key by the app's managed identity."""

    endpoint: str
    key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """From whom and to whom e-mail goes, and by which way."""

    sender: str
    receivers: tuple[str, ...]
    way: SmtpSettings | AzureMailSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """The channels that are set; addresses and keys are secrets. `runbook` is where links to it lead.

    `pause` is how long further news of one source is gathered into one message.
    """

    webhook: str | None = field(default=None, repr=False)
    webhook_keys: tuple[bytes, ...] = field(default=(), repr=False)
    slack: str | None = field(default=None, repr=False)
    teams: str | None = field(default=None, repr=False)
    email: EmailSettings | None = None
    runbook: str | None = None
    pause: timedelta = timedelta(minutes=1)


def read_alert_settings(environ: Mapping[str, str], report: Callable[[str], None]) -> AlertSettings:
    """Read the settings of all channels; what is wrong is reported, and never repeated."""
    reader = _Reader(environ, report)
    return AlertSettings(
        webhook=reader.address("TIDEMARK_ALERT_WEBHOOK", plain=True),
        webhook_keys=reader.keys("TIDEMARK_ALERT_WEBHOOK_SECRET"),
        slack=reader.address("TIDEMARK_ALERT_SLACK"),
        teams=reader.address("TIDEMARK_ALERT_TEAMS"),
        email=reader.email(),
        runbook=reader.address("TIDEMARK_RUNBOOK_URL", plain=True),
        pause=reader.pause("TIDEMARK_ALERT_GATHER"),
    )


class _Reader:
    """Reads settings by name."""

    def __init__(self, environ: Mapping[str, str], report: Callable[[str], None]) -> None:
        self._environ, self._report = environ, report

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def address(self, name: str, *, plain: bool = False) -> str | None:
        """Read an address: https, or http on this machine, or with `plain` anywhere."""
        text = self.text(name)
        if text is None:
            return None
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        http = parts.scheme == "http" and (plain or host in _LOOPBACK)
        if not host or not text.isprintable() or not (http or parts.scheme == "https"):
            wanted = "an http or https address" if plain else "an https address"
            self._report(f"{name} has to be {wanted}")
            return None
        return text

    def keys(self, name: str) -> tuple[bytes, ...]:
        try:
            return read_keys(self.text(name) or "")
        except ValueError as error:
            self._report(f"{name}: {error}")
            return ()

    def pause(self, name: str) -> timedelta:
        try:
            return parse_short(self.text(name) or "1m")
        except ValueError as error:
            self._report(f"{name}: {error}")
            return timedelta(0)

    def email(self) -> EmailSettings | None:
        """Read how e-mail goes; it is off unless somebody is to receive it."""
        receivers = self._addresses("TIDEMARK_ALERT_EMAIL_TO")
        if not receivers:
            return None
        senders = self._addresses("TIDEMARK_ALERT_EMAIL_FROM")
        if len(senders) != 1:
            self._report("TIDEMARK_ALERT_EMAIL_FROM has to be one e-mail address")
        server = self.text("TIDEMARK_ALERT_EMAIL_SMTP")
        azure = self.address("TIDEMARK_ALERT_EMAIL_AZURE")
        if (server is None) == (self.text("TIDEMARK_ALERT_EMAIL_AZURE") is None):
            self._report(
                "TIDEMARK_ALERT_EMAIL_TO needs TIDEMARK_ALERT_EMAIL_SMTP or "
                "TIDEMARK_ALERT_EMAIL_AZURE, one of them"
            )
            return None
        way = self._smtp(server) if server else self._azure(azure) if azure else None
        if way is None or len(senders) != 1:
            return None
        return EmailSettings(sender=senders[0], receivers=receivers, way=way)

    def _addresses(self, name: str) -> tuple[str, ...]:
        found = tuple(each.strip() for each in (self.text(name) or "").split(",") if each.strip())
        if any(_ADDRESS.fullmatch(each) is None or not each.isascii() for each in found):
            self._report(f"{name} has to be e-mail addresses, parted by commas")
        return found

    def _smtp(self, server: str) -> SmtpSettings | None:
        found = _SERVER.fullmatch(server)
        if found is None or not 0 < int(found["port"]) < 65536:  # noqa: PLR2004 - ports have 16 bits
            self._report("TIDEMARK_ALERT_EMAIL_SMTP has to be host:port")
            return None
        host = found["host"].strip("[]")
        user = self.text("TIDEMARK_ALERT_EMAIL_USER")
        tls = self.text("TIDEMARK_ALERT_EMAIL_TLS") or "starttls"
        known: dict[str, Tls] = {each: each for each in get_args(Tls)}
        if tls not in known:
            self._report("TIDEMARK_ALERT_EMAIL_TLS has to be starttls, tls or none")
            return None
        if tls == "none" and user is not None and host not in _LOOPBACK:
            self._report("TIDEMARK_ALERT_EMAIL_TLS: none would send the password readable")
        return SmtpSettings(
            host=host,
            port=int(found["port"]),
            tls=known[tls],
            user=user,
            password=self._environ.get("TIDEMARK_ALERT_EMAIL_PASSWORD") or None,
        )

    def _azure(self, endpoint: str) -> AzureMailSettings:
        key = self.text("TIDEMARK_ALERT_EMAIL_AZURE_KEY")
        try:
            base64.b64decode(key or "", validate=True)
        except binascii.Error:
            self._report("TIDEMARK_ALERT_EMAIL_AZURE_KEY has to be the resource's access key")
        return AzureMailSettings(endpoint=endpoint.rstrip("/"), key=key)
