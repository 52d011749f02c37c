"""The one way by which whatever is told outside goes: without secrets, and no longer than a bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from shared.operations.redaction import redact_text

# Characters of one text. A typed error's message has some hundred.
LONGEST_TEXT = 4_000


def clean(text: str) -> str:
    """Give a text without what has the name of a secret, cut to what is told."""
    # Of a secret that is cut in two before it is seen the beginning would stay.
    return redact_text(text[: 2 * LONGEST_TEXT])[:LONGEST_TEXT]


def clean_value(value: Any) -> Any:
    """Give a value as plain JSON types. Of what is none only its type is told: it might show a row."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        members = cast("Mapping[object, Any]", value)
        return {clean(str(name)): _member(str(name), each) for name, each in members.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_value(each) for each in cast("list[Any]", list(value))]
    return f"<{type(value).__name__}>"


def _member(name: str, value: Any) -> Any:
    """Give a member; one with the name of a secret is told from its name, as in a text."""
    if not isinstance(value, str):
        return clean_value(value)
    written = f"{name}={value}"
    return clean(value) if redact_text(written) == written else "***"
