"""An alert as an e-mail, in plain text.

The messages of one incident are one thread: each has an id of its own that is the same whenever it
is sent again, and names those that it follows (RFC 5322, 3.6.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from shared.alerting.alert import Alert
from shared.alerting.wording import facts_of, lines_of, links_of, text_of, title_of

MOST_REFERENCES = 10


def render_mail(alert: Alert, *, sender: str, receivers: Sequence[str]) -> EmailMessage:
    """Make the message."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(receivers)
    mail["Subject"] = title_of(alert)
    made = datetime.fromisoformat(alert.at) if alert.at else datetime.now(UTC)
    mail["Date"] = format_datetime(made)
    for name, value in thread_of(alert, sender).items():
        mail[name] = value
    # No holiday note shall come back (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(write_text(alert))
    return mail


def thread_of(alert: Alert, sender: str) -> dict[str, str]:
    """Give the headers by which mail programs put the messages of an incident together."""
    domain = sender.rpartition("@")[2].strip("<> ") or "tidemark"
    headers = {"Message-ID": f"<{alert.id}@{domain}>"}
    before = [f"<{each}@{domain}>" for each in alert.thread[:MOST_REFERENCES]]
    if before:
        headers |= {"In-Reply-To": before[0], "References": " ".join(before)}
    return headers


def write_text(alert: Alert) -> str:
    """Write the body."""
    parts = [
        text_of(alert),
        "\n".join(f"{fact.label}: {fact.value}" for fact in facts_of(alert)),
        "\n".join(f"- {line}" for line in lines_of(alert, len(alert.tables))),
        "\n".join(f"{link.label}: {link.url}" for link in links_of(alert)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
