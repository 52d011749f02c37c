"""The parts of Slack's Block Kit and of Adaptive Cards 1.5 that are used, as JSON Schema, with their limits.

https://docs.slack.dev/reference/block-kit/blocks and https://adaptivecards.io/explorer/.
"""

from typing import Any


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _plain(most: int) -> dict[str, Any]:
    return _object(
        type={"const": "plain_text"},
        text={"type": "string", "minLength": 1, "maxLength": most},
        emoji={"type": "boolean"},
    )


_WEB = {"type": "string", "pattern": "^https?://[^ ]+$", "maxLength": 3000}
_BUTTON = _object(
    type={"const": "button"},
    text=_plain(75),
    url=_WEB,
    action_id={"type": "string", "maxLength": 255},
)
SLACK = _object(
    text={"type": "string", "minLength": 1, "maxLength": 3000},
    mrkdwn={"const": False},
    blocks={
        "type": "array",
        "minItems": 1,
        "maxItems": 50,
        "items": {
            "oneOf": [
                _object(type={"const": "header"}, text=_plain(150)),
                _object(type={"const": "section"}, text=_plain(3000)),
                _object(
                    type={"const": "section"},
                    fields={"type": "array", "minItems": 1, "maxItems": 10, "items": _plain(2000)},
                ),
                _object(
                    type={"const": "actions"},
                    elements={"type": "array", "minItems": 1, "maxItems": 25, "items": _BUTTON},
                ),
            ]
        },
    },
)
_RUN = {
    "type": "object",
    "properties": {
        "type": {"const": "TextRun"},
        "text": {"type": "string", "minLength": 1},
        "size": {"enum": ["default", "small", "medium", "large", "extraLarge"]},
        "weight": {"enum": ["default", "lighter", "bolder"]},
        "color": {"enum": ["default", "dark", "light", "accent", "good", "warning", "attention"]},
    },
    "required": ["type", "text"],
    "additionalProperties": False,
}
_CARD = {
    "type": "object",
    "properties": {
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "type": {"const": "AdaptiveCard"},
        "version": {"const": "1.5"},
        "msteams": _object(width={"const": "Full"}),
        "body": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                type={"const": "RichTextBlock"},
                inlines={"type": "array", "minItems": 1, "items": _RUN},
            ),
        },
        "actions": {
            "type": "array",
            "maxItems": 6,
            "items": _object(type={"const": "Action.OpenUrl"}, title={"type": "string"}, url=_WEB),
        },
    },
    "required": ["type", "version", "body"],
    "additionalProperties": False,
}
TEAMS = _object(
    type={"const": "message"},
    attachments={
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": _object(
            contentType={"const": "application/vnd.microsoft.card.adaptive"},
            contentUrl={"type": "null"},
            content=_CARD,
        ),
    },
)
