"""Sends alerts as e-mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from shared.alerting.alert import Alert, AlertRefused, AlertUndelivered
from shared.alerting.mail import render_mail

TIMEOUT_SECONDS = 10
# From here on a reply says that trying again is in vain (RFC 5321, 4.2.1).
_FOR_GOOD = 500

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpChannel:
    """Implements `shared.alerting.alert.Channel`.

    With `starttls` or `tls` nothing is said before the server has shown a certificate that holds.
    """

    host: str
    port: int
    sender: str
    receivers: tuple[str, ...]
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    context: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context, repr=False)
    timeout: float = TIMEOUT_SECONDS
    name: str = "email"

    def send(self, alert: Alert) -> None:
        """Hand the message over to the server; to those receivers whom it accepts."""
        mail = render_mail(alert, sender=self.sender, receivers=self.receivers)
        try:
            with self._connect() as server:
                if self.tls == "starttls":
                    server.starttls(context=self.context())
                if self.user is not None:
                    server.login(self.user, self.password or "")
                server.send_message(mail, self.sender, list(self.receivers))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _refusal(min(codes, default=_FOR_GOOD)) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise AlertRefused("email: the server offers no STARTTLS, or no login") from None
        except ssl.SSLCertVerificationError as error:
            raise AlertRefused(f"email: the server's certificate: {error.verify_message}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise AlertUndelivered(f"email: {type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=self.context()
            )
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)


def _refusal(code: int) -> AlertRefused | AlertUndelivered:
    """Judge by the code alone: the server's text may repeat the message."""
    text = f"email: the server answered {code}"
    return AlertRefused(text) if code >= _FOR_GOOD else AlertUndelivered(text)
