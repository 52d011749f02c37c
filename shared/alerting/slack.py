"""An alert as a message for a Slack incoming webhook, in Block Kit.

Limits: 50 blocks, 150 characters of a header, 3,000 of a section, 10 fields of 2,000 each, 75 of a
button's text and 3,000 of its address (https://docs.slack.dev/reference/block-kit/blocks). Every
text is `plain_text`, in which no mark-up is read, and escaped as Slack asks for: `<!channel>` is
then five words and pings nobody.
"""

from __future__ import annotations

from typing import Any

from shared.alerting.alert import Alert, Status
from shared.alerting.wording import (
    facts_of,
    lines_of,
    links_of,
    text_of,
    title_of,
)

_SIGNS: dict[Status, str] = {
    "failed": "🔴",
    "held_back": "🟠",
    "unread": "🟠",
    "late": "🟠",
    "resolved": "🟢",
}


def render_slack(alert: Alert) -> dict[str, Any]:
    """Give the JSON that is posted."""
    title = f"{_SIGNS[alert.status]} {title_of(alert)}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(title, 150)},
        {"type": "section", "text": _plain(text_of(alert), 3_000)},
        {
            "type": "section",
            "fields": [
                _plain(f"{fact.label}\n{fact.value}", 2_000) for fact in facts_of(alert)[:10]
            ],
        },
    ]
    lines = lines_of(alert)
    if lines:
        blocks.append({"type": "section", "text": _plain("\n".join(lines), 3_000)})
    buttons = [_button(link.label, link.url) for link in links_of(alert)]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    # What notifications and screen readers say. Without mark-up here too.
    return {"text": escape(title), "mrkdwn": False, "blocks": blocks}


def escape(text: str) -> str:
    """Escape the three characters that begin mark-up of Slack's."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, most: int) -> dict[str, Any]:
    """Make a text object; it is cut before it is escaped, so that no escape is cut in two."""
    shown = escape(text)
    while len(shown) > most:
        text = f"{text[: len(text) - max((len(shown) - most) // 5, 2)]}…"
        shown = escape(text)
    return {"type": "plain_text", "text": shown, "emoji": False}


def _button(label: str, url: str) -> dict[str, Any]:
    name = label.lower().replace(" ", "_")
    return {"type": "button", "text": _plain(label, 75), "url": url, "action_id": name}
