"""What somebody else sent, as it may be kept and shown: without secrets, and no longer than a bound."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Characters that are kept of a body. An event of a changed table has some 300.
LONGEST_BODY = 8_000

_NAME = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|signature|authorization"
    r"|connection_?string|(?:api|access|account|shared|private|function|storage)[_-]?key)[\w.-]*"
)
_MEMBER = re.compile(
    rf'("(?:{_NAME}|sig|code)"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,\}}\]"]+)', re.IGNORECASE
)
_SETTING = re.compile(rf"\b({_NAME}|sig|code)(\s*=\s*)(\{{[^}}]*\}}?|[^;&\s\"'\\]+)", re.IGNORECASE)
_LOGIN = re.compile(r"(\w://[^\s/:@\"]*:)[^\s/@\"]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A body as text. `cut` says that there was more of it than is kept."""

    text: str
    cut: bool


def redact(body: bytes | str) -> Redacted:
    """Take out what has the name of a secret, as a member of JSON, `name=value` or in an address; then cut.

    What is no UTF-8 is shown by its escapes.
    """
    text = body if isinstance(body, str) else body.decode("utf-8", "backslashreplace")
    # Not longer than needed: what is cut off need not be looked at, and a secret may be cut in two.
    looked_at = text[: 2 * LONGEST_BODY]
    shown = redact_text(looked_at)
    return Redacted(
        text=shown[:LONGEST_BODY], cut=len(shown) > LONGEST_BODY or len(looked_at) < len(text)
    )


def redact_text(text: str) -> str:
    """Take out of a text what has the name of a secret."""
    shown = _MEMBER.sub(r'\1"***"', text)
    shown = _SETTING.sub(r"\1\2***", shown)
    return _LOGIN.sub(r"\1***@", shown)
