"""An alert as a message for a Teams workflow: an Adaptive Card 1.5 in an envelope.

A message has at most 28 KB
(https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook);
this stays below 24,000 bytes as UTF-8. What comes from outside stands in `TextRun`s, which read no
Markdown; and without an entity of its own no `<at>` mentions anybody.
"""

from __future__ import annotations

import json
from typing import Any

from shared.alerting.alert import Alert, Status
from shared.alerting.wording import facts_of, lines_of, links_of, text_of, title_of

MOST_BYTES = 24_000
_COLOURS: dict[Status, str] = {
    "failed": "attention",
    "held_back": "warning",
    "unread": "warning",
    "late": "warning",
    "resolved": "good",
}


def render_teams(alert: Alert) -> dict[str, Any]:
    """Give the JSON that is posted; of many tables as many as fit are named."""
    for most in (10, 5, 2, 0):
        message = _message(alert, most)
        if len(json.dumps(message, ensure_ascii=False).encode()) <= MOST_BYTES:
            return message
    return _message(alert, 0)


def _message(alert: Alert, most: int) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": _body(alert, most),
        "actions": [
            {"type": "Action.OpenUrl", "title": link.label, "url": link.url}
            for link in links_of(alert)
        ],
    }
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": card,
            }
        ],
    }


def _body(alert: Alert, most: int) -> list[dict[str, Any]]:
    title = _run(title_of(alert), size="large", weight="bolder", color=_COLOURS[alert.status])
    body = [_line(title), _line(_run(text_of(alert)))]
    body += [
        _line(_run(f"{fact.label}: ", weight="bolder"), _run(fact.value))
        for fact in facts_of(alert)
    ]
    return body + [_line(_run(line)) for line in lines_of(alert, most)]


def _line(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **look: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **look}
